namespace ZeroKnowledge.Calls.Tests;

// docs/FORMAT.md, sections 1 and 6: the format frame, and the same limits in the constructor of Leg.
public class FormatRuleTests
{
    private static readonly (int, uint, int, string) Pcmu = (0, 8_000, 1, "PCMU");

    private static byte[] Payload(byte[] frame) => Payloads.Sized(2_048, 0, 0, frame);

    [Fact]
    public void TryParse_OfLargestFormat_IsTheLeg()
    {
        string label = new('ü', 32);
        var types = Enumerable.Range(112, 16).Select(number => (number, (uint)int.MaxValue, 255, new string('~', 32))).ToArray();
        byte[] payload = Payload(Payloads.FormatFrame(label, types));
        ParsedPayload parsed = Payloads.Parse(payload);
        Assert.Equal(new Leg(label, [.. types.Select(t => new PayloadType(t.number, t.Item4, int.MaxValue, 255))]), parsed.Frames[0].Format);
        Assert.Equal(payload, Payloads.Write(parsed, payload.Length));
    }

    [Fact]
    public void TryParse_OfLabelAbove64Bytes_IsRefused() => Refuses("a label", new string('x', 65), Pcmu);

    [Theory]
    [InlineData(0xff)]
    [InlineData(0xc0, 0x80)]
    [InlineData(0xed, 0xa0, 0x80)]
    [InlineData(0xf4, 0x90, 0x80, 0x80)]
    [InlineData(0xe2, 0x82)]
    public void TryParse_OfLabelThatIsNotUtf8_IsRefused(params int[] label)
    {
        byte[] frame = Payloads.FormatFrame(new string('x', label.Length), Pcmu);
        label.Select(b => (byte)b).ToArray().CopyTo(frame, 3);
        Payloads.Refuses("a label", Payload(frame));
    }

    [Fact]
    public void TryParse_OfNoOrTooManyPayloadTypes_IsRefused()
    {
        Refuses("not 1 to 16 payload types", "a");
        Refuses("not 1 to 16 payload types", "a", [.. Enumerable.Range(0, 17).Select(i => (i, 1u, 1, "a"))]);
    }

    [Fact]
    public void TryParse_OfPayloadTypesNotAscending_IsRefused()
    {
        Refuses("strictly ascending", "a", (1, 1, 1, "a"), (1, 1, 1, "a"));
        Refuses("strictly ascending", "a", (2, 1, 1, "a"), (1, 1, 1, "a"));
        Refuses("0 to 127", "a", (128, 1, 1, "a"));
    }

    [Fact]
    public void TryParse_OfClockRateOutsideLimits_IsRefused()
    {
        Refuses("a clock rate", "a", (0, 0, 1, "a"));
        Refuses("a clock rate", "a", (0, 0x8000_0000, 1, "a"));
    }

    [Fact]
    public void TryParse_OfNoChannels_IsRefused() => Refuses("no channels", "a", (0, 1, 0, "a"));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\u007f")]
    [InlineData("é")]
    [InlineData("123456789012345678901234567890123")]
    public void TryParse_OfCodecNameOutsideLimits_IsRefused(string name) => Refuses("a codec name", "a", (0, 1, 1, name));

    [Fact]
    public void TryParse_OfFormatThatEndsEarly_IsRefused()
    {
        // The second format moves towards the end of the payload, until every part of it has been cut.
        byte[] second = Payloads.FormatFrame(new string('z', 30), Pcmu);
        for (int spare = 2; spare < second.Length + 2; spare++)
        {
            int first = Payloads.Size - 14 - spare;
            byte[] filler = Payloads.FormatFrame(new string('y', 64), [.. Fill(first - 68)]);
            Assert.Equal(first, filler.Length);
            byte[] payload = Payloads.Of(filler, second[..Math.Min(spare, second.Length)]);
            Assert.Equal(spare >= second.Length, PayloadParser.TryParse(payload, out _, out string? error));
            Assert.True(spare >= second.Length || error!.Contains("a format ends early", StringComparison.Ordinal), error);
        }
    }

    // Payload types of so many bytes in all.
    private static IEnumerable<(int, uint, int, string)> Fill(int bytes)
    {
        int count = (bytes + 38) / 39;
        for (int i = 0; i < count; i++)
        {
            int size = bytes / count + (i < bytes % count ? 1 : 0);
            yield return (i, 1, 1, new string('c', size - 7));
        }
    }

    [Fact]
    public void TryParse_OfFormatDeclaredAgain_ReplacesIt()
    {
        byte[] second = Payloads.FormatFrame("b", (8, 8_000, 1, "PCMA"));
        ParsedPayload parsed = Payloads.Parse(Payloads.Of(Payloads.FormatA, Payloads.AnchorA, second, Payloads.DeltaA));
        Assert.Equal(["a", "b"], parsed.Frames.Where(f => f.Kind == FrameKind.Format).Select(f => f.Format!.Label));
    }

    private static void Refuses(string reason, string label, params (int, uint, int, string)[] types) =>
        Payloads.Refuses(reason, Payload(Payloads.FormatFrame(label, types)));
}
