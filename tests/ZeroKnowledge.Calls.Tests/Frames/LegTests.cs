namespace ZeroKnowledge.Calls.Tests;

public class LegTests
{
    private static readonly PayloadType Pcmu = new(0, "PCMU", 8_000);

    [Fact]
    public void Presets_Always_HaveTelephoneEventsAtTheirClockRate()
    {
        (Leg Leg, int Number, int Rate, int Channels)[] presets =
        [
            (Leg.Pcma("a"), 8, 8_000, 1), (Leg.Pcmu("a"), 0, 8_000, 1), (Leg.L16("a"), 96, 8_000, 1), (Leg.L16("a", 44_100, 2), 96, 44_100, 2),
            (Leg.Opus("a"), 111, 48_000, 2),
        ];
        foreach ((Leg leg, int number, int rate, int channels) in presets)
        {
            PayloadType audio = leg.PayloadTypes.Single(type => type.Number == number);
            Assert.Equal((rate, channels), (audio.ClockRate, audio.Channels));
            Assert.Equal(new PayloadType(101, "telephone-event", rate), leg.PayloadTypes.Single(type => type.Number == 101));
            Assert.Equal(FrameKind.Event, new LegEncoder(leg, 0, leg).KindOf(101));
            Assert.Equal(FrameKind.Audio, new LegEncoder(leg, 0, leg).KindOf(number));
        }
    }

    [Fact]
    public void Equals_OfSameValues_IsTrue()
    {
        Assert.Equal(Leg.Pcma("a"), Leg.Pcma("a"));
        Assert.Equal(Leg.Pcma("a").GetHashCode(), Leg.Pcma("a").GetHashCode());
        Assert.True(Leg.Pcma("a") == Leg.Pcma("a"));
        Assert.True(Leg.Pcma("a") != Leg.Pcma("b"));
        Assert.NotEqual(Leg.Pcma("a"), Leg.Pcmu("a"));
        Assert.NotEqual(new Leg("a", Pcmu), new Leg("a", Pcmu with { Codec = "pcmu" }));
        Assert.True(Pcmu.IsCodec("pcmu"));
    }

    [Fact]
    public void PayloadTypes_GivenInAnyOrder_Ascend() =>
        Assert.Equal([0, 8], new Leg("a", Pcmu with { Number = 8 }, Pcmu).PayloadTypes.Select(type => type.Number));

    [Fact]
    public void Constructor_WithLabelOutsideLimits_Throws()
    {
        Assert.Equal(64, new Leg(new string('x', 64), Pcmu).Label.Length);
        Assert.Throws<ArgumentException>("label", () => new Leg(new string('ü', 33), Pcmu));
        Assert.Throws<ArgumentException>("label", () => new Leg("\ud800", Pcmu));
        Assert.Throws<ArgumentNullException>("label", () => new Leg(null!, Pcmu));
    }

    [Fact]
    public void Constructor_WithWrongCountOfPayloadTypes_Throws()
    {
        Assert.Throws<ArgumentException>("payloadTypes", () => new Leg("a"));
        Assert.Throws<ArgumentException>("payloadTypes", () => new Leg("a", [.. Enumerable.Range(0, 17).Select(i => Pcmu with { Number = i })]));
        Assert.Throws<ArgumentException>("payloadTypes", () => new Leg("a", Pcmu, Pcmu));
    }

    [Theory]
    [InlineData(-1, "PCMU", 8_000, 1)]
    [InlineData(128, "PCMU", 8_000, 1)]
    [InlineData(0, null, 8_000, 1)]
    [InlineData(0, "", 8_000, 1)]
    [InlineData(0, "a b", 8_000, 1)]
    [InlineData(0, "é", 8_000, 1)]
    [InlineData(0, "123456789012345678901234567890123", 8_000, 1)]
    [InlineData(0, "PCMU", 0, 1)]
    [InlineData(0, "PCMU", 8_000, 0)]
    [InlineData(0, "PCMU", 8_000, 256)]
    public void Constructor_WithPayloadTypeOutsideLimits_Throws(int number, string? codec, int rate, int channels) =>
        Assert.Throws<ArgumentException>("payloadTypes", () => new Leg("a", new PayloadType(number, codec!, rate, channels)));
}
