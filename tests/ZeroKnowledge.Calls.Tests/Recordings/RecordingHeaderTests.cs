namespace ZeroKnowledge.Calls.Tests;

public class RecordingHeaderTests
{
    [Theory]
    [InlineData(Suite.Aes256Gcm)]
    [InlineData(Suite.Aegis256)]
    public void TryParse_OfBuilt_GivesTheSame(Suite suite)
    {
        var previous = CoreId.Of("previous"u8);
        RecordingHeader built = new EvidenceFixture(suite, previous).Header;
        Assert.True(RecordingHeader.TryParse(built.ToArray(), out RecordingHeader? parsed, out string? error), error);
        Assert.Equal(built.ToArray(), parsed.ToArray());
        Assert.Equal(suite, parsed.Suite);
        Assert.Equal(TimeSpan.FromSeconds(1), parsed.Tick);
        Assert.Equal(8192, parsed.PayloadSize);
        Assert.Equal(EvidenceFixture.BegunMs, parsed.BegunMs);
        Assert.Equal(EvidenceFixture.At(0), parsed.Begun);
        Assert.Equal(previous, parsed.Previous);
        Assert.Equal(CoreId.Of(built.ToArray()), parsed.CoreId);
        Assert.Equal(8192 + (suite == Suite.Aegis256 ? 96 : 60), parsed.StoredChunkSize);
        Assert.Equal(suite == Suite.Aegis256 ? 4192 : 4156, parsed.StoredOpeningSize);
        Assert.Equal(suite == Suite.Aegis256 ? 1120 : 1084, parsed.StoredClosingSize);
    }

    [Fact]
    public void TryParse_WithAnyBitFlipped_IsRefused()
    {
        byte[] bytes = new EvidenceFixture().Header.ToArray();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(RecordingHeader.TryParse(bytes, out _, out string? error), $"bit {bit}");
            Assert.NotNull(error);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(RecordingHeader.TryParse(bytes, out _, out _));
    }
}
