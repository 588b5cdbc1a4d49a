using System.Buffers.Binary;
using System.Security.Cryptography;
using LiveGateway.Format;
using NSec.Cryptography;
using ZeroKnowledge.Calls;

namespace LiveGateway.Attacks;

/// <summary>Signs and wraps what an attacker can: with keys of his own, with a gateway key that he stole, with public keys.</summary>
internal static class Thief
{
    private const int SignedSize = Statement.Size - 64;
    private const int CountAt = 79;
    private const int RootAt = 87;
    private const int TypeAt = 14;
    private const int ReasonAt = 127;
    private const int ClosingAt = 128;
    private const byte Recovery = 3;
    private const byte Restart = 16;
    private const byte AllErased = 3;

    /// <summary>A seal over fewer chunks, signed by a key of the attacker's.</summary>
    public static byte[] ForgeSeal(StoredParts parts, int chunks)
    {
        byte[] seal = WithCount(parts.Seal, parts, chunks);
        using Key own = Key.Create(SignatureAlgorithm.Ed25519);
        return Sign(seal, own);
    }

    /// <summary>A recovery, signed by the gateway's stolen key.</summary>
    /// <param name="parts">The recording.</param>
    /// <param name="chunks">How many chunks it claims.</param>
    /// <param name="root">The root that it claims.</param>
    /// <param name="gatewaySeed">The secret of the gateway key.</param>
    public static byte[] SignRecovery(StoredParts parts, int chunks, byte[] root, byte[] gatewaySeed)
    {
        byte[] recovery = WithCount(parts.Seal, parts, chunks);
        recovery[TypeAt] = Recovery;
        recovery[ReasonAt] = Restart;
        recovery.AsSpan(ClosingAt, 32).Clear();
        root.CopyTo(recovery, RootAt);
        using Key stolen = Key.Import(SignatureAlgorithm.Ed25519, gatewaySeed, KeyBlobFormat.RawPrivateKey);
        return Sign(recovery, stolen);
    }

    /// <summary>
    /// An envelope that says that everything was erased, correctly wrapped to the recipients, whose keys are public. Only the recording's control
    /// secret is made up: nobody who has not read the recording knows it.
    /// </summary>
    public static KeyEnvelope ForgeErasure(KeyEnvelope genuine, IEnumerable<Recipient> recipients)
    {
        byte[] coreId = genuine.CoreId.ToArray(), envelopeKey = RandomNumberGenerator.GetBytes(32), control = RandomNumberGenerator.GetBytes(32);
        byte[][] keys = [.. recipients.Select(recipient => Bech32.Decode(recipient.ToString()))];
        List<byte> envelope = [.. "ZKCENV1\0"u8, .. U16((int)genuine.Suite), .. U32((int)genuine.Version + 1), .. coreId, .. U16(keys.Length)];
        foreach (byte[] publicKey in keys)
        {
            byte[] wrapped = Hpke.Wrap(publicKey, [.. "zkc1 envelope"u8, .. coreId], envelopeKey);
            envelope.AddRange([.. U16(1), .. U32(8 + wrapped.Length), .. SHA256.HashData(publicKey).AsSpan(0, 8), .. wrapped]);
        }

        byte[] body = Format.Seal.Close(genuine.Suite, envelopeKey, [.. coreId, AllErased, .. control]);
        envelope.AddRange([.. U32(body.Length), .. body]);
        byte[] macKey = HKDF.Expand(HashAlgorithmName.SHA256, control, 32, [.. "zkc1 envelope mac"u8, .. coreId]);
        envelope.AddRange(HMACSHA256.HashData(macKey, envelope.ToArray()));
        return KeyEnvelope.TryParse([.. envelope], out KeyEnvelope? forged, out string? error) ? forged : throw new InvalidOperationException(error);
    }

    private static byte[] WithCount(Statement seal, StoredParts parts, int chunks)
    {
        byte[] bytes = seal.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt), chunks);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt + 4), chunks);
        parts.Root(chunks).CopyTo(bytes, RootAt);
        return bytes;
    }

    private static byte[] Sign(byte[] statement, Key key)
    {
        SignatureAlgorithm.Ed25519.Sign(key, statement.AsSpan(0, SignedSize)).CopyTo(statement, SignedSize);
        return statement;
    }

    private static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] U32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
