namespace ZeroKnowledge.Calls.Tests;

public sealed class RecordingPolicyTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Validate_OfTheDefaults_HoldsAndIsAsDocumented()
    {
        RecordingPolicy policy = Policy();
        policy.Validate();
        Assert.Equal((Suite.Aes256Gcm, 1_000, 2, 64_000, 64, false), (policy.Suite, policy.TickMs, policy.Legs, policy.MaxBitRate, policy.CheckpointEvery, policy.AllowSingleRecipient));
    }

    [Fact]
    public void Validate_OfASingleRecipient_SaysWhatIsAtStake()
    {
        Recipients single = Recipients.Of(_keys.Active.Recipient);
        ArgumentException exception = Assert.Throws<ArgumentException>(Policy(recipients: single).Validate);
        Assert.Contains("recovery recipient", exception.Message, StringComparison.Ordinal);
        Assert.Contains("AllowSingleRecipient", exception.Message, StringComparison.Ordinal);
        Policy(recipients: single, single: true).Validate();
    }

    public static TheoryData<string, int, bool> Values => new()
    {
        { "Suite", 0, false }, { "Suite", 1, true }, { "Suite", 2, true }, { "Suite", 3, false },
        { "Tick", 19, false }, { "Tick", 20, true }, { "Tick", 60_000, true }, { "Tick", 60_001, false }, { "Tick", -20, false },
        { "Legs", 0, false }, { "Legs", 1, true }, { "Legs", 15, true }, { "Legs", 16, false },
        { "MaxBitRate", 999, false }, { "MaxBitRate", 1_000, true }, { "MaxBitRate", 10_000_000, true }, { "MaxBitRate", 10_000_001, false },
        { "CheckpointEvery", 0, false }, { "CheckpointEvery", 1, true }, { "CheckpointEvery", 64, true }, { "CheckpointEvery", 65, false },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Validate_OfAValue_NamesItAndItsRange(string name, int value, bool holds)
    {
        RecordingPolicy policy = new()
        {
            Recipients = _keys.Policy().Recipients,
            Gateway = _keys.Gateway,
            Suite = name == "Suite" ? (Suite)value : Suite.Aes256Gcm,
            Tick = name == "Tick" ? TimeSpan.FromMilliseconds(value) : TimeSpan.FromSeconds(1),
            Legs = name == "Legs" ? value : 2,
            MaxBitRate = name == "MaxBitRate" ? value : 64_000,
            CheckpointEvery = name == "CheckpointEvery" ? value : 64,
        };
        Exception? exception = Record.Exception(policy.Validate);
        if (holds)
        {
            Assert.Null(exception);
            return;
        }

        Assert.Equal(name, Assert.IsType<ArgumentException>(exception).ParamName);
        Assert.StartsWith($"The policy's {name} must be ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_OfPartsOfAMillisecond_IsRefused() => Assert.Throws<ArgumentException>("Tick", Policy(tick: TimeSpan.FromMicroseconds(20_500)).Validate);

    [Fact]
    public void Validate_WithoutRecipientsOrGateway_IsRefused()
    {
        Assert.Throws<ArgumentNullException>(new RecordingPolicy { Recipients = null!, Gateway = _keys.Gateway }.Validate);
        Assert.Throws<ArgumentNullException>(new RecordingPolicy { Recipients = _keys.Policy().Recipients, Gateway = null! }.Validate);
    }

    // Size is a function of the policy and the legs' formats, and the same when a leg joins later.
    [Fact]
    public void PayloadSize_OfFewerLegsThanThePolicys_HasRoomForTheOthers()
    {
        RecordingPolicy policy = Policy();
        Assert.Equal(policy.PayloadSizeFor([Leg.Pcma("a"), Leg.Pcma("b")]), policy.PayloadSizeFor([Leg.Pcma("a")]));
        Assert.Equal(policy.PayloadSizeFor([Leg.Pcma("a"), Leg.Pcma("b")]), policy.PayloadSizeFor([]));
    }

    private RecordingPolicy Policy(Recipients? recipients = null, bool single = false, TimeSpan? tick = null) => new()
    {
        Recipients = recipients ?? _keys.Policy().Recipients,
        Gateway = _keys.Gateway,
        AllowSingleRecipient = single,
        Tick = tick ?? RecordingPolicy.DefaultTick,
    };
}
