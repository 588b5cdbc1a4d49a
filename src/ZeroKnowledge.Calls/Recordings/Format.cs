namespace ZeroKnowledge.Calls;

// The limits and fixed sizes of docs/FORMAT.md, section 1. Sizes in bytes.
internal static class Format
{
    public const int MinTickMs = 20;
    public const int MaxTickMs = 60_000;
    public const int MinPayloadSize = 256;
    public const int MaxPayloadSize = 1_048_576;
    public const int MaxChunks = 1 << 24;
    public const long MaxDurationMs = int.MaxValue;
    public const int MaxLegs = 15;
    public const int AllLegs = 15;
    public const int MaxFramePayload = 8_192;
    public const int MaxFramesPerChunk = 65_535;
    public const int MaxPayloadTypes = 16;
    public const int MaxLabel = 64;
    public const int MaxCodecName = 32;
    public const int OpeningPadded = 4_096;
    public const int ClosingPadded = 1_024;
    public const int MaxEnvelope = 262_144;
    public const int MaxGrant = 262_144;
    public const int MaxStanzas = 32;
    public const int MaxNodes = 4_096;
    public const int MaxProofHashes = 48;
    public const int MaxText = 1_024;
    public const int MaxErasureRanges = 256;
    public const int MaxKeyFile = 1_048_576;

    public const int HeaderSize = 236;
    public const int StatementSize = 224;
    public const int ReceiptSize = 216;
    public const int DeletionSize = 193;
    public const int HashSize = 32;
    public const int KeySize = 32;
    public const int SignatureSize = 64;
    public const int CommitmentZeros = 32;

    public const int TreeDepth = 12;

    public static bool IsKnown(Suite suite) => suite is Suite.Aes256Gcm or Suite.Aegis256;

    public static int NonceSize(Suite suite) => suite switch
    {
        Suite.Aes256Gcm => 12,
        Suite.Aegis256 => 32,
        _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "This is not a suite."),
    };

    public static int TagSize(Suite suite) => suite switch
    {
        Suite.Aes256Gcm => 16,
        Suite.Aegis256 => 32,
        _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "This is not a suite."),
    };

    /// <summary>What Seal adds to a message: nonce, 32 zeros, tag.</summary>
    public static int Overhead(Suite suite) => NonceSize(suite) + CommitmentZeros + TagSize(suite);
}
