using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class RecordingHeaderTests
{
    private readonly EvidenceFixture _fixture = new();

    [Theory]
    [InlineData(Suite.Aes256Gcm)]
    [InlineData(Suite.Aegis256)]
    public void TryParse_OfBuilt_GivesTheSame(Suite suite)
    {
        var previous = CoreId.Of("previous"u8);
        var fixture = new EvidenceFixture(suite, previous);
        RecordingHeader built = fixture.Header;
        Assert.True(RecordingHeader.TryParse(built.ToArray(), out RecordingHeader? parsed, out string? error), error);
        Assert.Equal(built.ToArray(), parsed.ToArray());
        Assert.Equal(suite, parsed.Suite);
        Assert.Equal(TimeSpan.FromSeconds(1), parsed.Tick);
        Assert.Equal(1000, parsed.TickMs);
        Assert.Equal(8192, parsed.PayloadSize);
        Assert.Equal(EvidenceFixture.BegunMs, parsed.BegunMs);
        Assert.Equal(EvidenceFixture.At(0), parsed.Begun);
        Assert.Equal(previous, parsed.Previous);
        Assert.Equal(fixture.Gateway.PublicKey, parsed.GatewayKey);
        Assert.Equal(fixture.SigningKey, parsed.SigningKey);
        Assert.Equal(SHA256.HashData(parsed.Prefix), parsed.Commitment.ToArray());
        Assert.Equal(CoreId.Of(built.ToArray()), parsed.CoreId);
        Assert.Equal(parsed.CoreId.ToString(), parsed.ToString());
        Assert.Equal(8192 + (suite == Suite.Aegis256 ? 96 : 60), parsed.StoredChunkSize);
        Assert.Equal(suite == Suite.Aegis256 ? 4192 : 4156, parsed.StoredOpeningSize);
        Assert.Equal(suite == Suite.Aegis256 ? 1120 : 1084, parsed.StoredClosingSize);
    }

    // Offsets are the specification's, written a second time.
    [Fact]
    public void Build_PutsEveryFieldAtItsOffset()
    {
        RecordingHeader header = _fixture.Header;
        byte[] bytes = header.ToArray();
        Assert.Equal(236, bytes.Length);
        Assert.Equal("ZKCALLS1"u8, bytes.AsSpan(0, 8));
        Assert.Equal("00010000000003e800002000", Convert.ToHexStringLower(bytes.AsSpan(8, 12)));
        Assert.Equal(header.RecordingId.ToArray(), bytes[20..36]);
        Assert.Equal(EvidenceFixture.BegunMs, BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(36)));
        Assert.Equal(new byte[32], bytes[44..76]);
        Assert.Equal(SHA256.HashData(bytes.AsSpan(0, 76)), bytes[76..108]);
        Assert.Equal(_fixture.Gateway.PublicKey.ToArray(), bytes[108..140]);
        Assert.Equal(_fixture.SigningKey.ToArray(), bytes[140..172]);
        Assert.True(Interop.Ed25519.Verify(bytes.AsSpan(108, 32), [.. "zkc1 header"u8, .. bytes.AsSpan(0, 172)], bytes.AsSpan(172)));
    }

    [Fact]
    public void TryParse_WithAnyBitFlipped_IsRefused()
    {
        byte[] bytes = _fixture.Header.ToArray();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(RecordingHeader.TryParse(bytes, out RecordingHeader? header, out string? error), $"bit {bit}");
            Assert.Null(header);
            Assert.NotNull(error);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(RecordingHeader.TryParse(bytes, out _, out _));
    }

    [Fact]
    public void TryParse_OfAnotherLength_IsRefused()
    {
        byte[] bytes = [.. _fixture.Header.ToArray(), 0];
        for (int length = 0; length < 236; length++)
        {
            Assert.False(RecordingHeader.TryParse(bytes.AsSpan(0, length), out _, out string? error));
            Assert.Contains($"not {length}", error, StringComparison.Ordinal);
        }

        Assert.False(RecordingHeader.TryParse(bytes, out _, out _));
    }

    // The certificate is right in every one of these, so that it is the field that is refused.
    [Theory]
    [InlineData(0, "5a4b43414c4c5332", "ZKCALLS1")]
    [InlineData(8, "0000", "suite")]
    [InlineData(8, "0003", "suite")]
    [InlineData(8, "0101", "suite")]
    [InlineData(10, "0001", "flags")]
    [InlineData(10, "8000", "flags")]
    [InlineData(12, "00000013", "tick")]
    [InlineData(12, "0000ea61", "tick")]
    [InlineData(12, "ffffffff", "tick")]
    [InlineData(16, "000000ff", "payload")]
    [InlineData(16, "00100001", "payload")]
    [InlineData(16, "80000000", "payload")]
    public void TryParse_OfSignedFault_IsRefused(int offset, string value, string word)
    {
        byte[] bytes = Resigned(offset, value);
        Assert.False(RecordingHeader.TryParse(bytes, out _, out string? error));
        Assert.Contains(word, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, "0002")]
    [InlineData(12, "00000014")]
    [InlineData(12, "0000ea60")]
    [InlineData(16, "00000100")]
    [InlineData(16, "00100000")]
    public void TryParse_OfSignedLimit_IsAccepted(int offset, string value)
    {
        byte[] bytes = Resigned(offset, value);
        Assert.True(RecordingHeader.TryParse(bytes, out RecordingHeader? header, out string? error), error);
        Assert.Equal(bytes, header.ToArray());
    }

    [Fact]
    public void Begun_BeyondTheCalendar_IsItsEnd()
    {
        Assert.True(RecordingHeader.TryParse(Resigned(36, "ffffffffffffffff"), out RecordingHeader? header, out _));
        Assert.Equal(ulong.MaxValue, header.BegunMs);
        Assert.Equal(DateTimeOffset.MaxValue, header.Begun);
        Assert.False(header.IsTrusted(_fixture.Trust));
        Assert.Equal(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), UnixTime.FromMs((ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()).ToUnixTimeMilliseconds());
    }

    [Property]
    public Property Build_OfAnyFields_GivesThemBack() => Prop.ForAll(
        Gen.Zip(Gen.Zip(Gen.Elements(Suite.Aes256Gcm, Suite.Aegis256), Gen.Choose(20, 60_000)), Gen.Zip(Gen.Choose(256, 1 << 20), Gen.Choose(0, int.MaxValue))).ToArbitrary(),
        t =>
        {
            ((Suite suite, int tick), (int payload, int begun)) = t;
            var id = new RecordingId(RandomNumberGenerator.GetBytes(16));
            var previous = new CoreId(RandomNumberGenerator.GetBytes(32));
            byte[] prefix = new byte[76];
            RecordingHeader.WritePrefix(prefix, suite, tick, payload, id, (ulong)begun, previous);
            byte[] commitment = RandomNumberGenerator.GetBytes(32);
            byte[] bytes = RecordingHeader.Build(prefix, commitment, _fixture.SigningKey, _fixture.Gateway).ToArray();
            Assert.True(RecordingHeader.TryParse(bytes, out RecordingHeader? h, out string? error), error);
            return h.Suite == suite && h.TickMs == tick && h.PayloadSize == payload && h.RecordingId == id && h.BegunMs == (ulong)begun
                && h.Previous == previous && h.Commitment.SequenceEqual(commitment) && h.ToArray().SequenceEqual(bytes);
        });

    [Fact]
    public void WritePrefix_BeyondALimit_Throws()
    {
        foreach ((Suite suite, int tick, int payload) in new[]
                 {
                     (Suite.None, 1000, 8192), ((Suite)3, 1000, 8192), (Suite.Aes256Gcm, 19, 8192), (Suite.Aes256Gcm, 60_001, 8192),
                     (Suite.Aes256Gcm, -1, 8192), (Suite.Aes256Gcm, 1000, 255), (Suite.Aes256Gcm, 1000, 1_048_577),
                 })
        {
            Assert.Throws<ArgumentException>(() => RecordingHeader.WritePrefix(new byte[76], suite, tick, payload, default, 0, default));
        }

        Assert.Throws<ArgumentException>(() => RecordingHeader.WritePrefix(new byte[77], Suite.Aes256Gcm, 1000, 8192, default, 0, default));
        Assert.Throws<ArgumentException>(() => RecordingHeader.Build(new byte[76], new byte[32], _fixture.SigningKey, _fixture.Gateway));
    }

    [Fact]
    public void IsTrusted_NeedsTheGatewayKeyAtBegun()
    {
        RecordingHeader header = _fixture.Header;
        VerifyKey key = header.GatewayKey;
        Assert.True(header.IsTrusted(_fixture.Trust));
        Assert.False(header.IsTrusted(TrustList.Of()));
        Assert.False(header.IsTrusted(TrustList.Of(new TrustedKey(TrustedKeyKind.Archive, key, EvidenceFixture.At(-10), EvidenceFixture.At(10), "x"))));
        Assert.False(header.IsTrusted(TrustList.Of(new TrustedKey(TrustedKeyKind.Gateway, key, EvidenceFixture.At(-10), EvidenceFixture.At(0), "x"))));
        Assert.True(header.IsTrusted(TrustList.Of(new TrustedKey(TrustedKeyKind.Gateway, key, EvidenceFixture.At(0), EvidenceFixture.At(1), "x"))));
        Assert.False(header.IsTrusted(TrustList.Of(new TrustedKey(TrustedKeyKind.Gateway, key, EvidenceFixture.At(1), EvidenceFixture.At(2), "x"))));
    }

    private byte[] Resigned(int offset, string value)
    {
        byte[] bytes = _fixture.Header.ToArray();
        Convert.FromHexString(value).CopyTo(bytes, offset);
        _fixture.Gateway.Sign([.. "zkc1 header"u8, .. bytes.AsSpan(0, 172)], bytes.AsSpan(172));
        return bytes;
    }
}
