using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One recording of a call while it is written: the owner of the payload that media threads fill. A call has one at a time, and another one, linked, when it
/// outgrows its policy. The pump is the only one to change it after the start, except where a comment says so.
/// </summary>
internal sealed class RecordingLife
{
    private const int MaxUnsignedBytes = 8 << 20;

    // Set by media threads and the application, read by the pump. The legs are in the object itself: with very many calls, an array is one more wait for the memory.
    private Encoders _legs;
    private DropCounter?[] _drops = [];
    private PayloadBuffer _payload;
    private long _gapMs;
    private int _payloads = 1;
    private int _backlog = -1;

    public RecordingLife(CallWriter call, RecordingPolicy policy, CallMetadata metadata, CoreId previous, bool isFirst, ChunkPool pool, long begunMs, DateTimeOffset begun)
    {
        Call = call;
        Policy = policy;
        Metadata = metadata;
        Previous = previous;
        IsFirst = isFirst;
        Pool = pool;
        BegunMs = begunMs;
        Begun = begun;
        TickMs = policy.TickMs;
        Reserve = PayloadSize.Reserve(Math.Max(policy.Legs, metadata.Legs.Count));
        CheckpointEvery = Math.Clamp(MaxUnsignedBytes / policy.PayloadSizeFor(metadata.Legs), 1, policy.CheckpointEvery);
        for (int i = 0; i < metadata.Legs.Count; i++)
        {
            SetLeg(i, metadata.Legs[i]);
        }

        _payload = pool.Rent().Payload;
        _payload.Open(this, 0, Reserve);
    }

    public CallWriter Call { get; }

    public RecordingPolicy Policy { get; }

    public CallMetadata Metadata { get; }

    public CoreId Previous { get; }

    /// <summary>The call's first recording in this process; it may continue one of an earlier life.</summary>
    public bool IsFirst { get; }

    public ChunkPool Pool { get; }

    /// <summary>On the recorder's clock.</summary>
    public long BegunMs { get; }

    public DateTimeOffset Begun { get; }

    public int TickMs { get; }

    public int Reserve { get; }

    /// <summary>Chunks from one checkpoint to the next: the policy's number, or fewer if they are large, so that what no statement covers fits one message.</summary>
    public int CheckpointEvery { get; }

    /// <summary>Room for the secrets, until the writer has it.</summary>
    public SecretSlot? Slot { get; set; }

    /// <summary>Set by the setup.</summary>
    public RecordingWriter? Writer { get; set; }

    /// <summary>Set by the setup.</summary>
    public SpooledRecording? Spooled { get; set; }

    public long LastTick { get; set; } = -1;

    /// <summary>Room in the spool was taken for a chunk that is not handed over yet.</summary>
    public bool HasReserved { get; set; }

    public bool WasBlocked { get; set; }

    /// <summary>Sealed or wiped: its last payload is no longer its own.</summary>
    public bool IsOver { get; set; }

    public long Frames { get; set; }

    public long DroppedFrames { get; set; }

    /// <summary>Of all gaps.</summary>
    public long GapMs => Interlocked.Read(ref _gapMs);

    /// <summary>The archive has bytes that nobody signed: a checkpoint over ours is wanted at the next chunk. Set by the upload.</summary>
    public volatile bool WantsCheckpoint;

    /// <summary>The policy and metadata of the linked recording in which the call goes on; taken by the pump. Under the call's lock.</summary>
    public LinkRequest? Link { get; set; }

    /// <summary>A linked recording is being set up. Under the call's lock.</summary>
    public bool LinkIsComing { get; set; }

    /// <summary>The end of the tick that runs, on the recorder's clock.</summary>
    public long DueMs { get; set; }

    /// <summary>The next one in the same slot of the pump's wheel.</summary>
    public RecordingLife? NextInSlot { get; set; }

    /// <summary>The linked recording that takes over at the next tick; set by the setup.</summary>
    public RecordingLife? Continuation { get; set; }

    /// <summary>The payload that frames go into.</summary>
    public PayloadBuffer Payload => Volatile.Read(ref _payload);

    /// <summary>Where the next frame probably goes, to be fetched ahead. Set by media threads.</summary>
    public nint Target { get; set; }

    /// <summary>Payloads may wait for the pump: the one that is filled, a second one that a burst has begun, and those of the ticks that passed before it was set up.</summary>
    public bool MayOverflow(uint arrivalMs)
    {
        int backlog = Volatile.Read(ref _backlog);
        int waiting = Volatile.Read(ref _payloads) - (Writer?.ChunkCount ?? 0);
        return waiting < 2 + (backlog < 0 ? (int)(arrivalMs / (uint)TickMs) : backlog);
    }

    /// <summary>Another payload was begun.</summary>
    public void CountPayload() => Interlocked.Increment(ref _payloads);

    /// <summary>It is set up: what has filled up meanwhile leaves with a chunk for each tick, while as much comes.</summary>
    public void EndSetup()
    {
        Volatile.Write(ref _backlog, Volatile.Read(ref _payloads) - 1);
        Pool.EndSetup();
    }

    /// <summary>The buffer of the payload. Replaced by the pump only.</summary>
    public ChunkBuffer Current
    {
        get => (ChunkBuffer)Payload.Container!;
        set => Volatile.Write(ref _payload, value.Payload);
    }

    public LegEncoder? Leg(int leg) => leg is >= 0 and < Format.MaxLegs ? Volatile.Read(ref _legs[leg]) : null;

    public DropCounter? Drops(int leg) => Volatile.Read(ref _drops) is var drops && leg < drops.Length ? drops[leg] : null;

    /// <summary>Appends a gap that ends now, and counts it. From any thread; never waits, throws or allocates.</summary>
    /// <param name="leg">0 to 14, or 15 for all legs.</param>
    /// <param name="durationMs">Taken as at least 1, and at most what the recording had until then.</param>
    /// <param name="reason">Not <see cref="GapReason.None"/>.</param>
    /// <param name="arrivalMs">Now, in ms since the recording began.</param>
    public AppendResult TryAppendGap(int leg, long durationMs, GapReason reason, uint arrivalMs)
    {
        uint duration = (uint)Math.Clamp(durationMs, 1, Math.Max(arrivalMs, 1));
        AppendResult result = Payload.TryAppendGap(this, leg, duration, reason, arrivalMs);
        if (result == AppendResult.Accepted)
        {
            Interlocked.Add(ref _gapMs, duration);
        }

        return result;
    }

    /// <summary>From any thread, one at a time.</summary>
    public void SetLeg(int leg, Leg format)
    {
        if (_legs[leg] is { } known)
        {
            known.Format = format;
            return;
        }

        DropCounter?[] drops = new DropCounter?[Math.Max(_drops.Length, leg + 1)];
        _drops.CopyTo(drops, 0);
        drops[leg] = new DropCounter();
        Volatile.Write(ref _drops, drops);
        Volatile.Write(ref _legs[leg], new LegEncoder(this, leg, format));
    }

    [InlineArray(Format.MaxLegs)]
    private struct Encoders
    {
        private LegEncoder? _first;
    }
}
