using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class RtpPacketTests
{
    private static readonly byte[] Plain = [0x80, 0x88, 0x12, 0x34, 0, 0, 1, 0x40, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3];

    [Fact]
    public void TryParse_OfPlainPacket_ReadsEveryField()
    {
        Assert.True(RtpPacket.TryParse(Plain, out RtpPacket packet));
        Assert.True(packet.Marker);
        Assert.Equal((8, 0x1234, 0x140u, 0xdeadbeefu), (packet.PayloadType, packet.Sequence, packet.Timestamp, packet.Ssrc));
        Assert.Equal([1, 2, 3], packet.Payload.ToArray());
    }

    [Fact]
    public void TryParse_WithCsrcExtensionAndPadding_LeavesThemOut()
    {
        byte[] packet =
        [
            0xb2, 0x08, .. Plain[2..12], 1, 1, 1, 1, 2, 2, 2, 2, // two CSRC
            0xbe, 0xde, 0, 1, 9, 9, 9, 9, // an extension of one word
            1, 2, 3, 0, 0, 3, // three bytes of padding
        ];
        Assert.True(RtpPacket.TryParse(packet, out RtpPacket parsed));
        Assert.False(parsed.Marker);
        Assert.Equal([1, 2, 3], parsed.Payload.ToArray());
    }

    [Fact]
    public void TryParse_WithNothingButHeader_HasEmptyPayload()
    {
        Assert.True(RtpPacket.TryParse(Plain.AsSpan(0, 12), out RtpPacket packet));
        Assert.True(packet.Payload.IsEmpty);
    }

    [Fact]
    public void TryParse_WithPaddingOnly_HasEmptyPayload()
    {
        Assert.True(RtpPacket.TryParse([0xa0, .. Plain[1..12], 0, 2], out RtpPacket packet));
        Assert.True(packet.Payload.IsEmpty);
    }

    [Theory]
    [InlineData(192, false)]
    [InlineData(200, false)]
    [InlineData(223, false)]
    [InlineData(191, true)]
    [InlineData(224, true)]
    [InlineData(72, true)]
    public void TryParse_OfRtcp_IsRefused(byte second, bool accepted) =>
        Assert.Equal(accepted, RtpPacket.TryParse([0x80, second, .. Plain[2..]], out _));

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x40)]
    [InlineData(0xc0)]
    public void TryParse_OfOtherVersion_IsRefused(byte first) => Assert.False(RtpPacket.TryParse([first, .. Plain[1..]], out _));

    [Fact]
    public void TryParse_OfPacketCutShort_IsRefused()
    {
        byte[] header = [0x91, 8, .. Plain[2..12], 1, 1, 1, 1, 0xbe, 0xde, 0, 2, 9, 9, 9, 9, 9, 9, 9, 9];
        Assert.True(RtpPacket.TryParse(header, out _));
        for (int length = 0; length < header.Length; length++)
        {
            Assert.False(RtpPacket.TryParse(header.AsSpan(0, length), out _), $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(255)]
    public void TryParse_WithImpossiblePadding_IsRefused(byte padding) =>
        Assert.False(RtpPacket.TryParse([0xa0, .. Plain[1..12], 1, 2, padding], out _));

    [Fact]
    public void TryParse_WithPaddingButNoPayload_IsRefused() => Assert.False(RtpPacket.TryParse([0xa0, .. Plain[1..12]], out _));

    [Property(MaxTest = 2_000)]
    public void TryParse_OfAnyBytes_DoesNotThrowOrReadBeyond(byte first, byte second, byte[] rest)
    {
        byte[] bytes = [(byte)(first & 0x3f | 0x80), second, .. rest];
        if (RtpPacket.TryParse(bytes, out RtpPacket packet))
        {
            Assert.True(packet.Payload.Length <= bytes.Length - 12);
        }

        Assert.Equal(first >> 6 == 2 && RtpPacket.TryParse(bytes, out _), RtpPacket.TryParse([first, second, .. rest], out _));
    }
}
