using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Receipts, deletion and erasure certificates, archive infos: what holds for all of them, and what for each.</summary>
public class CertificateTests
{
    private static readonly EvidenceFixture F = new();
    private static readonly DateTimeOffset Time = EvidenceFixture.At(5);

    /// <summary>Parses and writes again: the bytes, or null; and whether they verify.</summary>
    private delegate (byte[]? Again, bool Verified, string? Error) Parser(ReadOnlySpan<byte> bytes, TrustList trust);

    private static readonly Dictionary<string, (byte[] Bytes, Parser Parse)> Kinds = new()
    {
        ["receipt"] = (Receipt.Create(F.Archive, EvidenceFixture.Statement(F.Seal(7)), Time).ToArray(),
            (b, trust) => Receipt.TryParse(b, out Receipt? r, out string? e) ? (r.ToArray(), r.Verify(trust), e) : (null, false, e)),
        ["deletion"] = (DeletionCertificate.Create(F.Archive, F.Header.CoreId, 7, 57_764, EvidenceFixture.Root(7), Time).ToArray(),
            (b, trust) => DeletionCertificate.TryParse(b, out DeletionCertificate? c, out string? e) ? (c.ToArray(), c.Verify(trust), e) : (null, false, e)),
        ["erasure"] = (Erasure().ToArray(),
            (b, trust) => ErasureCertificate.TryParse(b, out ErasureCertificate? c, out string? e) ? (c.ToArray(), c.Verify(trust), e) : (null, false, e)),
        ["archive info"] = (Info().ToArray(),
            (b, trust) => ArchiveInfo.TryParse(b, out ArchiveInfo? i, out string? e) ? (i.ToArray(), i.Verify(trust), e) : (null, false, e)),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void TryParse_OfCreated_VerifiesAndGivesTheSameBytes(string name)
    {
        (byte[] bytes, Parser parse) = Kinds[name];
        (byte[]? again, bool verified, string? error) = parse(bytes, F.Trust);
        Assert.Equal(bytes, again);
        Assert.True(verified);
        Assert.Null(error);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Verify_WithAnyBitFlipped_IsFalse(string name)
    {
        (byte[] bytes, Parser parse) = Kinds[name];
        bytes = [.. bytes];
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            (byte[]? again, bool verified, string? error) = parse(bytes, F.Trust);
            Assert.False(verified, $"bit {bit}");
            Assert.True(again is null ? error is not null : again.SequenceEqual(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TryParse_CutShortOrLonger_IsRefused(string name)
    {
        (byte[] bytes, Parser parse) = Kinds[name];
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Null(parse(bytes.AsSpan(0, length), F.Trust).Again);
        }

        Assert.Null(parse([.. bytes, 0], F.Trust).Again);
        Assert.Null(parse([.. bytes, .. bytes], F.Trust).Again);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Verify_NeedsTheKeyForThisUseAtThisTime(string name)
    {
        (byte[] bytes, Parser parse) = Kinds[name];
        TrustedKeyKind kind = name == "erasure" ? TrustedKeyKind.Owner : TrustedKeyKind.Archive;
        VerifyKey key = name == "erasure" ? F.Owner.PublicKey : F.Archive.PublicKey;
        Assert.True(Verified(kind, 5, 6));
        Assert.False(Verified(kind, 4, 5));
        Assert.False(Verified(kind, 6, 7));
        Assert.False(Verified(kind == TrustedKeyKind.Owner ? TrustedKeyKind.Archive : TrustedKeyKind.Owner, 5, 6));
        Assert.False(Verified(TrustedKeyKind.Gateway, 5, 6));
        Assert.False(parse(bytes, TrustList.Of()).Verified);

        bool Verified(TrustedKeyKind as_, int from, int to) =>
            parse(bytes, TrustList.Of(new TrustedKey(as_, key, EvidenceFixture.At(from), EvidenceFixture.At(to), "x"))).Verified;
    }

    [Property(MaxTest = 2000)]
    public Property TryParse_OfMutated_GivesTheSameBytesOrRefuses() => Prop.ForAll(
        Gen.Zip(Gen.Elements([.. Kinds.Keys]), Gen.ArrayOf(Gen.Zip(Gen.Choose(0, 400), Gen.OneOf(Gen.Choose(0, 255), Gen.Elements(0, 1, 2, 255))))).ToArbitrary(),
        t =>
        {
            (byte[] bytes, Parser parse) = Kinds[t.Item1];
            bytes = [.. bytes];
            foreach ((int at, int value) in t.Item2)
            {
                bytes[at % bytes.Length] = (byte)value;
            }

            (byte[]? again, _, string? error) = parse(bytes, F.Trust);
            return again is null ? error is not null : again.SequenceEqual(bytes) && error is null;
        });

    [Property(MaxTest = 1000)]
    public bool TryParse_OfNoise_IsRefused(byte[] noise, int length) => Kinds.Values.All(k =>
    {
        byte[] bytes = [.. k.Bytes.Take(Math.Abs(length % 60)), .. noise];
        return k.Parse(bytes, F.Trust) is { Again: null, Error: not null };
    });

    [Fact]
    public void Receipt_PutsEveryFieldAtItsOffset()
    {
        Statement seal = EvidenceFixture.Statement(F.Seal(7));
        Receipt receipt = Receipt.Create(F.Archive, seal, Time);
        byte[] b = receipt.ToArray();
        Assert.Equal(216, b.Length);
        Assert.Equal("zkc1 receipt"u8, b.AsSpan(0, 12));
        Assert.Equal(F.Header.CoreId.ToArray(), b[12..44]);
        Assert.Equal(7u, BinaryPrimitives.ReadUInt32BigEndian(b.AsSpan(44)));
        Assert.Equal(EvidenceFixture.Root(7), b[48..80]);
        Assert.Equal(SHA256.HashData(seal.ToArray()), b[80..112]);
        Assert.Equal(EvidenceFixture.BegunMs + 5000, BinaryPrimitives.ReadUInt64BigEndian(b.AsSpan(112)));
        Assert.Equal(F.Archive.PublicKey.ToArray(), b[120..152]);
        Assert.True(Interop.Ed25519.Verify(b.AsSpan(120, 32), b.AsSpan(0, 152), b.AsSpan(152)));
        Assert.Equal((7, EvidenceFixture.BegunMs + 5000, Time), (receipt.ChunkCount, receipt.TimeMs, receipt.Time));
        Assert.Equal(EvidenceFixture.Root(7), receipt.Root);
        Assert.Equal(F.Header.CoreId, receipt.CoreId);
        Assert.Equal(F.Archive.PublicKey, receipt.ArchiveKey);
        Assert.True(receipt.Matches(seal));
        Assert.False(receipt.Matches(EvidenceFixture.Statement(F.Seal(7, time: 1))));
        Assert.False(receipt.Matches(EvidenceFixture.Statement(F.Checkpoint(7))));
    }

    [Fact]
    public void Deletion_PutsEveryFieldAtItsOffset()
    {
        DeletionCertificate c = DeletionCertificate.Create(F.Archive, F.Header.CoreId, 7, 57_764, EvidenceFixture.Root(7), Time);
        byte[] b = c.ToArray();
        Assert.Equal(193, b.Length);
        Assert.Equal("zkc1 deletion"u8, b.AsSpan(0, 13));
        Assert.Equal(F.Header.CoreId.ToArray(), b[13..45]);
        Assert.Equal(7u, BinaryPrimitives.ReadUInt32BigEndian(b.AsSpan(45)));
        Assert.Equal(57_764u, BinaryPrimitives.ReadUInt64BigEndian(b.AsSpan(49)));
        Assert.Equal(EvidenceFixture.Root(7), b[57..89]);
        Assert.Equal(EvidenceFixture.BegunMs + 5000, BinaryPrimitives.ReadUInt64BigEndian(b.AsSpan(89)));
        Assert.Equal(F.Archive.PublicKey.ToArray(), b[97..129]);
        Assert.True(Interop.Ed25519.Verify(b.AsSpan(97, 32), b.AsSpan(0, 129), b.AsSpan(129)));
        Assert.Equal((7, 57_764UL, Time), (c.ChunksDeleted, c.BytesDeleted, c.Time));
        Assert.Throws<ArgumentException>(() => DeletionCertificate.Create(F.Archive, F.Header.CoreId, 0, 0, EvidenceFixture.Root(7), Time));
        Assert.Throws<ArgumentException>(() => DeletionCertificate.Create(F.Archive, F.Header.CoreId, (1 << 24) + 1, 0, EvidenceFixture.Root(7), Time));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeletionCertificate.Create(F.Archive, F.Header.CoreId, -1, 0, EvidenceFixture.Root(7), Time));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeletionCertificate.Create(F.Archive, F.Header.CoreId, 1, 0, EvidenceFixture.Root(7), DateTimeOffset.UnixEpoch.AddMilliseconds(-1)));
        Assert.Equal(0, DeletionCertificate.Create(F.Archive, F.Header.CoreId, 0, 0, MerkleTree.EmptyRoot, Time).ChunksDeleted);
    }

    [Theory]
    [InlineData("receipt", 44)]
    [InlineData("deletion", 45)]
    public void CountAndRoot_OfNoChunksOrTooMany_AreRefused(string name, int countAt)
    {
        (byte[] bytes, Parser parse) = Kinds[name];
        bytes = [.. bytes];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(countAt), 1u << 24);
        Assert.NotNull(parse(bytes, F.Trust).Again);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(countAt), (1u << 24) + 1);
        Assert.Null(parse(bytes, F.Trust).Again);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(countAt), 0);
        Assert.Null(parse(bytes, F.Trust).Again);
    }

    [Fact]
    public void Erasure_PutsEveryFieldAtItsOffset()
    {
        ErasureCertificate c = Erasure();
        byte[] b = c.ToArray();
        byte[] expected =
        [
            .. "zkc1 erasure"u8, .. F.Header.CoreId.ToArray(), 0, 0, 0, 2, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 9,
            .. Convert.FromHexString((EvidenceFixture.BegunMs + 5000).ToString("x16", null)), 0, 11, .. "Schlüssel."u8, .. F.Owner.PublicKey.ToArray(),
        ];
        Assert.Equal(expected, b[..^64]);
        Assert.True(Interop.Ed25519.Verify(F.Owner.PublicKey.ToArray(), expected, b.AsSpan(b.Length - 64)));
        Assert.Equal((2u, true, Time, "Schlüssel."), (c.EnvelopeVersion, c.MetadataErased, c.Time, c.Text));
        Assert.Equal([new ChunkRange(3, 5), new ChunkRange(8, 9)], c.Ranges);
        Assert.Equal([3, 4, 8], Enumerable.Range(0, 20).Where(c.Erases));
        Assert.Equal(F.Owner.PublicKey, c.OwnerKey);
        Assert.Equal(F.Header.CoreId, c.CoreId);
    }

    [Fact]
    public void Erasure_BeyondItsLimits_IsRefused()
    {
        Assert.Throws<ArgumentException>("ranges", () => Create([]));
        Assert.Throws<ArgumentException>(() => Create([new(3, 3)]));
        Assert.Throws<ArgumentException>(() => Create([new(-1, 3)]));
        Assert.Throws<ArgumentException>(() => Create([new(0, (1 << 24) + 1)]));
        Assert.Throws<ArgumentException>(() => Create([new(3, 5), new(5, 6)]));
        Assert.Throws<ArgumentException>(() => Create([new(8, 9), new(3, 5)]));
        Assert.Throws<ArgumentException>(() => Create([new(3, 5)], version: 0));
        Assert.Throws<ArgumentException>("text", () => Create([new(3, 5)], text: new string('x', 1025)));
        Assert.Throws<ArgumentException>("text", () => Create([new(3, 5)], text: "\ud800"));
        ChunkRange[] most = [.. Enumerable.Range(0, 257).Select(i => new ChunkRange(2 * i, (2 * i) + 1))];
        Assert.Throws<ArgumentException>("ranges", () => Create(most));
        ErasureCertificate largest = Create(most[..256], text: new string('x', 1024));
        Assert.True(ErasureCertificate.TryParse(largest.ToArray(), out ErasureCertificate? again, out string? error), error);
        Assert.Equal(256, again.Ranges.Count);
        Assert.Equal(1024, again.Text.Length);
        Assert.Equal("", Create([new(0, 1 << 24)], text: "").Text);

        ErasureCertificate Create(ChunkRange[] ranges, uint version = 1, string text = "x") =>
            ErasureCertificate.Create(F.Owner, F.Header.CoreId, version, false, ranges, Time, text);
    }

    // The signature is right in each, so that it is the field that is refused.
    [Theory]
    [InlineData(44, "00000000")]
    [InlineData(48, "02")]
    [InlineData(48, "80")]
    [InlineData(49, "0000")]
    [InlineData(49, "0001")]
    [InlineData(49, "0003")]
    [InlineData(49, "ffff")]
    [InlineData(51, "00000005")]
    [InlineData(55, "00000008")]
    [InlineData(59, "00000005")]
    [InlineData(63, "01000001")]
    [InlineData(63, "ffffffff")]
    [InlineData(75, "000a")]
    [InlineData(75, "000c")]
    [InlineData(75, "ffff")]
    [InlineData(77, "ff")]
    [InlineData(81, "41")]
    public void Erasure_OfSignedFault_IsRefused(int offset, string value)
    {
        byte[] bytes = Erasure().ToArray();
        Convert.FromHexString(value).CopyTo(bytes, offset);
        F.Owner.Sign(bytes.AsSpan(0, bytes.Length - 64), bytes.AsSpan(bytes.Length - 64));
        Assert.False(ErasureCertificate.TryParse(bytes, out _, out string? error));
        Assert.NotNull(error);
    }

    [Fact]
    public void ArchiveInfo_PutsEveryFieldAtItsOffset()
    {
        ArchiveInfo info = Info();
        byte[] b = info.ToArray();
        byte[] expected =
        [
            .. "zkc1 archive info"u8, .. Convert.FromHexString((EvidenceFixture.BegunMs + 5000).ToString("x16", null)),
            5, .. "eu-de"u8, 0, 7, .. "Räume"u8, (byte)'1', 0, 0x40, 0, 0, 0xff, 0xff, 0xff, 0xff, .. F.Archive.PublicKey.ToArray(),
        ];
        Assert.Equal(expected, b[..^64]);
        Assert.True(Interop.Ed25519.Verify(F.Archive.PublicKey.ToArray(), expected, b.AsSpan(b.Length - 64)));
        Assert.Equal(("eu-de", "", "Räume1"), (info.Region, info.Operator, info.Engine));
        Assert.Equal((4_194_304L, (long)uint.MaxValue, Time), (info.LargestMessage, info.LargestStoredChunk, info.Time));
        Assert.Equal(F.Archive.PublicKey, info.ArchiveKey);
    }

    [Fact]
    public void ArchiveInfo_BeyondItsLimits_IsRefused()
    {
        Assert.Throws<ArgumentException>("region", () => ArchiveInfo.Create(F.Archive, Time, new string('x', 256), "", "", 0, 0));
        Assert.Throws<ArgumentException>("operatorName", () => ArchiveInfo.Create(F.Archive, Time, "", new string('ä', 128), "", 0, 0));
        Assert.Throws<ArgumentException>("engine", () => ArchiveInfo.Create(F.Archive, Time, "", "", "\udc00", 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>("largestMessage", () => ArchiveInfo.Create(F.Archive, Time, "", "", "", -1, 0));
        Assert.Throws<ArgumentOutOfRangeException>("largestStoredChunk", () => ArchiveInfo.Create(F.Archive, Time, "", "", "", 0, 1L << 32));
        string longest = new('x', 255);
        ArchiveInfo largest = ArchiveInfo.Create(F.Archive, Time, longest, longest, longest, 0, 0);
        Assert.True(ArchiveInfo.TryParse(largest.ToArray(), out ArchiveInfo? again, out _));
        Assert.Equal((longest, longest, longest), (again.Region, again.Operator, again.Engine));
        byte[] bad = Info().ToArray();
        bad[26] = 0xff;
        Assert.False(ArchiveInfo.TryParse(bad, out _, out string? error));
        Assert.Contains("UTF-8", error, StringComparison.Ordinal);
    }

    private static ErasureCertificate Erasure() =>
        ErasureCertificate.Create(F.Owner, F.Header.CoreId, 2, true, [new(3, 5), new(8, 9)], Time, "Schlüssel.");

    private static ArchiveInfo Info() => ArchiveInfo.Create(F.Archive, Time, "eu-de", "", "Räume1", 4_194_304, uint.MaxValue);
}
