using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>A gateway, a signed header and a signing key, and statements signed with them.</summary>
internal sealed class EvidenceFixture
{
    public const ulong BegunMs = 1_780_000_000_000;

    public static readonly byte[] Opening = SHA256.HashData("opening"u8);
    public static readonly byte[] Closing = SHA256.HashData("closing"u8);

    public EvidenceFixture(Suite suite = Suite.Aes256Gcm, CoreId previous = default, GatewayKey? gateway = null)
    {
        Gateway = gateway ?? GatewayKey.Generate();
        byte[] publicKey = new byte[32];
        Ed25519.KeyPair(RandomNumberGenerator.GetBytes(32), publicKey, SigningSecret);
        SigningKey = new VerifyKey(publicKey);
        byte[] prefix = new byte[RecordingHeader.PrefixSize];
        RecordingHeader.WritePrefix(prefix, suite, 1000, 8192, new RecordingId(RandomNumberGenerator.GetBytes(16)), BegunMs, previous);
        Header = RecordingHeader.Build(prefix, SHA256.HashData(prefix), SigningKey, Gateway);
        Trust = TrustList.Of(
            new TrustedKey(TrustedKeyKind.Gateway, Gateway.PublicKey, At(-1_000), At(1_000_000), "gateway"),
            new TrustedKey(TrustedKeyKind.Archive, Archive.PublicKey, At(-1_000), At(1_000_000), "archive"),
            new TrustedKey(TrustedKeyKind.Owner, Owner.PublicKey, At(-1_000), At(1_000_000), "owner"));
    }

    public GatewayKey Gateway { get; }

    public ArchiveKey Archive { get; } = ArchiveKey.Generate();

    public OwnerKey Owner { get; } = OwnerKey.Generate();

    public byte[] SigningSecret { get; } = new byte[64];

    public VerifyKey SigningKey { get; }

    public RecordingHeader Header { get; }

    public TrustList Trust { get; }

    public static DateTimeOffset At(int seconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)BegunMs).AddSeconds(seconds);

    /// <summary>The root over the first chunks of a life: chunk i is the life's letter and i.</summary>
    public static byte[] Root(int count, char life = 'a', int sameUpTo = 0)
    {
        var peaks = new MerklePeaks();
        for (int i = 0; i < count; i++)
        {
            peaks.AppendChunk([(byte)(i < sameUpTo ? 'a' : life), (byte)i, (byte)(i >> 8)]);
        }

        byte[] root = new byte[32];
        peaks.Root(root);
        return root;
    }

    public byte[] Checkpoint(int count, byte[]? root = null, byte[]? opening = null, ulong time = BegunMs) =>
        Live(StatementType.Checkpoint, count, root, opening, time, EndReason.None, []);

    public byte[] Seal(int count, byte[]? root = null, byte[]? opening = null, ulong time = BegunMs, EndReason reason = EndReason.Completed) =>
        Live(StatementType.Seal, count, root, opening, time, reason, Closing);

    public byte[] Recovery(int count, int live, byte[]? root = null, byte[]? opening = null, ulong time = BegunMs) =>
        Calls.Statement.Recover(Header, opening ?? Opening, count, live, root ?? Root(count), time, Gateway).ToArray();

    public static Statement Statement(byte[] bytes) =>
        Calls.Statement.TryParse(bytes, out Statement? statement, out string? error) ? statement : throw new InvalidOperationException(error);

    public StatementSet Set(params byte[][] statements)
    {
        var set = new StatementSet(Header, Trust);
        foreach (byte[] statement in statements)
        {
            Assert.True(set.Add(statement, out string? refusal), refusal);
        }

        return set;
    }

    private byte[] Live(StatementType type, int count, byte[]? root, byte[]? opening, ulong time, EndReason reason, byte[] closing)
    {
        byte[] bytes = new byte[Calls.Statement.Size];
        Calls.Statement.Write(bytes, type, Header.CoreId, opening ?? Opening, count, count, root ?? Root(count), time, reason, closing);
        Calls.Statement.Sign(bytes, SigningSecret);
        return bytes;
    }
}
