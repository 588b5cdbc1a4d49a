namespace ZeroKnowledge.Calls;

/// <summary>
/// How recordings are made: for whom, by whom, and at which fixed size and clock. Size and timing of what leaves the gateway are functions of the
/// policy, never of what is said. Immutable and thread-safe; values are checked when a recording begins.
/// </summary>
public sealed class RecordingPolicy
{
    /// <summary>The default tick: 1 second.</summary>
    public static readonly TimeSpan DefaultTick = TimeSpan.FromSeconds(1);

    /// <summary>The default number of chunks from one checkpoint to the next: 64.</summary>
    public const int DefaultCheckpointEvery = 64;

    /// <summary>The default bit rate of a leg in bits per second: 64,000, that of G.711.</summary>
    public const int DefaultMaxBitRate = 64_000;

    /// <summary>The default maximum of a mask: 5 minutes.</summary>
    public static readonly TimeSpan DefaultMaxMask = TimeSpan.FromMinutes(5);

    /// <summary>Who can open the recordings. Two at the least, one of them kept offline, unless <see cref="AllowSingleRecipient"/>.</summary>
    public required Recipients Recipients { get; init; }

    /// <summary>The gateway's signing key; belongs to the caller, who disposes of it after the last recording ended.</summary>
    public required GatewayKey Gateway { get; init; }

    /// <summary>The AEAD; default <see cref="Suite.Aes256Gcm"/>.</summary>
    public Suite Suite { get; init; } = Suite.Aes256Gcm;

    /// <summary>The clock on which chunks leave: 20 ms to 60 s in whole milliseconds; default 1 s. A crash loses at most this much.</summary>
    public TimeSpan Tick { get; init; } = DefaultTick;

    /// <summary>For how many legs a chunk has room, 1 to 15; default 2.</summary>
    public int Legs { get; init; } = 2;

    /// <summary>The highest bit rate of one leg's payloads in bits per second, without RTP headers; default 64,000 (G.711). More becomes a gap.</summary>
    public int MaxBitRate { get; init; } = DefaultMaxBitRate;

    /// <summary>Chunks from one signed checkpoint to the next, 1 to 64; default 64. 1 for calls that are listened to live.</summary>
    public int CheckpointEvery { get; init; } = DefaultCheckpointEvery;

    /// <summary>How long a mask or a pause lasts at most, 1 s to 24 h; default 5 minutes. It then ends by itself, on the next tick, so that a forgotten one does not cost the call.</summary>
    public TimeSpan MaxMask { get; init; } = DefaultMaxMask;

    /// <summary>Allows a single recipient; default false, for whoever loses the only key loses every recording.</summary>
    public bool AllowSingleRecipient { get; init; }

    /// <summary>Allows recipients with classical keys (P-256); default false, for a recording is only as safe as the weakest key that it is wrapped to.</summary>
    public bool AllowMixedSecurity { get; init; }

    private static Leg UsualLeg { get; } = Leg.Pcma(string.Empty);

    internal int TickMs => (int)Tick.TotalMilliseconds;

    /// <summary>The size in bytes of every chunk's payload: room for the policy's bit rate, the legs' formats, and legs that may join up to the policy's number.</summary>
    internal int PayloadSizeFor(IReadOnlyList<Leg> legs) => PayloadSize.Compute(
        TickMs, [.. legs, .. Enumerable.Repeat(UsualLeg, Math.Max(0, Legs - legs.Count))], (MaxBitRate + 7) / 8);

    /// <summary>This policy if it has room for the legs, else one that has.</summary>
    internal RecordingPolicy Fitting(IReadOnlyList<Leg> legs)
    {
        int bitRate = Math.Max(MaxBitRate, legs.SelectMany(leg => leg.PayloadTypes).Select(BitRate).DefaultIfEmpty().Max());
        return legs.Count <= Legs && bitRate == MaxBitRate ? this : new RecordingPolicy
        {
            Recipients = Recipients,
            Gateway = Gateway,
            Suite = Suite,
            Tick = Tick,
            Legs = Math.Max(Legs, legs.Count),
            MaxBitRate = bitRate,
            CheckpointEvery = CheckpointEvery,
            MaxMask = MaxMask,
            AllowSingleRecipient = AllowSingleRecipient,
            AllowMixedSecurity = AllowMixedSecurity,
        };
    }

    // Of codecs whose rate is fixed by their name; of the others the policy's rate is the only word.
    private static int BitRate(PayloadType type) =>
        type.IsCodec("PCMA") || type.IsCodec("PCMU") || type.IsCodec("G722") ? 64_000
        : type.IsCodec("L16") ? (int)Math.Min(16L * type.ClockRate * type.Channels, int.MaxValue)
        : 0;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Recipients);
        ArgumentNullException.ThrowIfNull(Gateway);
        if (Recipients.Refusal(AllowSingleRecipient, AllowMixedSecurity) is { } refusal)
        {
            throw new ArgumentException(refusal);
        }

        Check(Format.IsKnown(Suite), nameof(Suite), "Aes256Gcm or Aegis256");
        Check(Tick.Ticks % TimeSpan.TicksPerMillisecond == 0 && Tick.TotalMilliseconds is >= Format.MinTickMs and <= Format.MaxTickMs, nameof(Tick), "20 ms to 60 s in whole milliseconds");
        Check(Legs is >= 1 and <= Format.MaxLegs, nameof(Legs), "1 to 15");
        Check(MaxBitRate is >= 1_000 and <= 10_000_000, nameof(MaxBitRate), "1,000 to 10,000,000 bits per second");
        Check(MaxMask >= TimeSpan.FromSeconds(1) && MaxMask <= TimeSpan.FromHours(24), nameof(MaxMask), "1 s to 24 h");
        Check(CheckpointEvery is >= 1 and <= DefaultCheckpointEvery, nameof(CheckpointEvery), "1 to 64");
    }

    private static void Check(bool holds, string name, string range)
    {
        if (!holds)
        {
            throw new ArgumentException($"The policy's {name} must be {range}.", name);
        }
    }
}
