namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One call that is being recorded. Frames of different legs may be written concurrently, one thread at a time a leg; everything else comes from any
/// thread and may race with writes: an accepted frame is in the recording. Writing never waits, never throws and never allocates.
/// </summary>
public sealed partial class CallWriter : IDisposable
{
    // How often a write looks again for the successor of a payload that was closed under it.
    private const int Retries = 16;

    // Some 100 ns: the link follows the closing within a few instructions.
    private const int Pause = 8;

    // What each write reads comes first: it lies together, and with very many calls it is in no cache.
    private readonly RecordingLifecycle _recorder;
    private RecordingLife _life;
    private CallMask? _mask;
    private readonly Lock _gate = new();
    private int _ending;
    private int _finished;
    private long _droppedFrames;

    internal CallWriter(RecordingLifecycle recorder, CallMetadata metadata, RecordingPolicy policy, SecretSlot slot, int memoryBytes)
    {
        MemoryBytes = memoryBytes;
        _recorder = recorder;
        Metadata = metadata;
        RecordingId = RecordingLifecycle.NewRecordingId();
        _life = recorder.NewLife(this, policy, metadata, recorder.Earlier.TakePrevious(metadata.CallId), isFirst: true);
        _life.Slot = slot;
    }

    /// <summary>The random id of the call's first recording; known at once.</summary>
    public RecordingId RecordingId { get; }

    /// <summary>What was said of the call when it began.</summary>
    public CallMetadata Metadata { get; }

    /// <summary>Completes when the recording is set up and its envelope is in the register; fails with the reason if that cannot be done.</summary>
    public Task Started => Outcome.Started;

    /// <summary>Completes with an archive's receipt when the call has ended and is stored; of a call in several linked recordings with the last one's.
    /// It completes when <see cref="CallRecorderOptions.DurableArchives"/> archives have it. Fails if the call could not be started, was discarded before
    /// anything left, will never be stored, or the recorder stopped before all was sent; then the spool has it, and the next recorder sends it.</summary>
    public Task<Receipt> Durable => Outcome.Durable;

    /// <summary>Frames that found no room, as of a full spool or a stalled machine, up to the last tick. The recording has a gap for each of them.</summary>
    public long DroppedFrames => Interlocked.Read(ref _droppedFrames);

    /// <summary>What was set aside for it when it was let in.</summary>
    internal int MemoryBytes { get; }

    internal CallOutcome Outcome { get; } = new();

    internal RecordingLife Life
    {
        get => Volatile.Read(ref _life);
        set => Volatile.Write(ref _life, value);
    }

    /// <summary>Why the call ends; none while it runs. The first one to say so wins.</summary>
    internal EndReason Ending => (EndReason)Volatile.Read(ref _ending);

    internal bool IsClosed => Ending != EndReason.None;

    /// <summary>The links made because the archive proved another life of a recording; at most 3 a call.</summary>
    internal int ForkLinks { get; set; }

    /// <summary>It was ended, and its last chunk is to come.</summary>
    internal bool IsEnding => Ending != EndReason.None && Volatile.Read(ref _finished) == 0;

    /// <summary>Takes an RTP packet (RFC 3550) as it came from the network. CSRC list, header extension and padding are not kept.</summary>
    /// <param name="leg">The number of the leg, from 0.</param>
    /// <param name="packet">The whole packet.</param>
    public WriteResult WriteRtp(int leg, ReadOnlySpan<byte> packet)
    {
        RecordingLife life = Life;
        PayloadBuffer.Prefetch(life.Payload, life.Target, packet.Length);
        return life.Leg(leg) is { } encoder && RtpPacket.TryParse(packet, out RtpPacket rtp)
            ? Write(life, encoder, new MediaFrame(encoder.KindOf(rtp.PayloadType), rtp))
            : Refused();
    }

    /// <summary>Takes a codec's payload that is not in an RTP packet. Its SSRC is 0; the caller counts the sequence.</summary>
    /// <param name="leg">The number of the leg, from 0.</param>
    /// <param name="payloadType">A payload type, 0 to 127, as the leg's format declares it.</param>
    /// <param name="sequence">Counts the frames of the leg.</param>
    /// <param name="timestamp">In units of the payload type's clock rate.</param>
    /// <param name="payload">0 to 8,192 bytes as the codec made them.</param>
    public WriteResult WriteFrame(int leg, int payloadType, ushort sequence, uint timestamp, ReadOnlySpan<byte> payload)
    {
        RecordingLife life = Life;
        PayloadBuffer.Prefetch(life.Payload, life.Target, payload.Length);
        return life.Leg(leg) is { } encoder && payloadType is >= 0 and <= 127
            ? Write(life, encoder, new MediaFrame(encoder.KindOf(payloadType), (byte)payloadType, sequence, timestamp, 0, false, payload))
            : Refused();
    }

    /// <summary>Says that audio did not reach the gateway or was held back: the recording tells it by a gap that ends now.</summary>
    /// <param name="leg">The number of the leg, or 15 for all legs.</param>
    /// <param name="duration">How much is missing, at least 1 ms.</param>
    /// <param name="reason">Why: <see cref="GapReason.Lost"/> or <see cref="GapReason.Held"/>.</param>
    public WriteResult WriteGap(int leg, TimeSpan duration, GapReason reason)
    {
        if (leg is < 0 or > Format.AllLegs || reason is not (GapReason.Lost or GapReason.Held) || duration < TimeSpan.FromMilliseconds(1))
        {
            return WriteResult.Malformed;
        }

        RecordingLife life = Life;
        uint now = _recorder.ArrivalMs(life);
        long ms = (long)duration.TotalMilliseconds;
        return IsClosed ? WriteResult.Ended
            : life.TryAppendGap(leg, ms, reason, now) == AppendResult.Accepted ? WriteResult.Accepted
            : WriteResult.Dropped;
    }

    /// <summary>Adds a leg, as for a transfer or a conference, or changes a leg's codecs, as after a re-INVITE. What no longer fits the policy goes on in a linked
    /// recording, which the recorder makes by itself.</summary>
    /// <param name="leg">The number of the leg, 0 to 14; the next free one, or one that is there.</param>
    /// <param name="format">What the leg sends from now on.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such number.</exception>
    public void SetLeg(int leg, Leg format)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(leg);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leg, Format.MaxLegs);
        ArgumentNullException.ThrowIfNull(format);
        lock (_gate)
        {
            RecordingLife life = Life;
            life.SetLeg(leg, format);
            CallMetadata metadata = (life.Link?.Metadata ?? life.Metadata).With(leg, format);
            RecordingPolicy policy = (life.Link?.Policy ?? life.Policy).Fitting(metadata.Legs);
            if (!ReferenceEquals(policy, life.Policy))
            {
                life.Link = new LinkRequest(policy, metadata);
            }
        }
    }

    /// <summary>The call ended well: seals the recording in the background. Returns at once; a second end is ignored.</summary>
    public void Complete() => End(EndReason.Completed);

    /// <summary>The recording is not wanted, as of an unanswered call or a refused consent: wipes everything if nothing has left the process, else seals as
    /// discarded, for the owner to erase and delete. Returns at once; a second end is ignored.</summary>
    public void Discard() => End(EndReason.Discarded);

    /// <summary>A call that was not completed is sealed as aborted, in the background.</summary>
    public void Dispose() => End(EndReason.Aborted);

    /// <summary>The recording id, for people.</summary>
    public override string ToString() => $"Call {RecordingId}";

    internal void CountDropped(int frames) => Interlocked.Add(ref _droppedFrames, frames);

    internal void End(EndReason reason) => Interlocked.CompareExchange(ref _ending, (int)reason, (int)EndReason.None);

    internal void RequestLink(RecordingLife life, LinkRequest link)
    {
        lock (_gate)
        {
            life.Link ??= link;
        }
    }

    /// <summary>From the pump: the link that was asked for, once; none while one is being set up.</summary>
    internal LinkRequest? TakeLink(RecordingLife life, LinkRequest? needed)
    {
        lock (_gate)
        {
            LinkRequest? link = life.Link ?? needed;
            if (link is null || life.LinkIsComing)
            {
                return null;
            }

            life.Link = null;
            life.LinkIsComing = true;
            return link;
        }
    }

    /// <summary>From the pump: puts the linked recording, if one is set up, in the place of this one.</summary>
    /// <returns>Whether this recording is no longer the call's.</returns>
    internal bool TrySwitch(RecordingLife life)
    {
        lock (_gate)
        {
            if (ReferenceEquals(Life, life) && life.Continuation is { } continuation)
            {
                Life = continuation;
            }

            return !ReferenceEquals(Life, life);
        }
    }

    /// <summary>From the setup: a linked recording is ready.</summary>
    /// <returns>False if the call has ended meanwhile: it is not needed.</returns>
    internal bool TryOffer(RecordingLife continuation)
    {
        lock (_gate)
        {
            if (IsClosed)
            {
                return false;
            }

            Life.Continuation = continuation;
            return true;
        }
    }

    /// <summary>From the pump, when a recording is sealed: the linked one that was ready and is not needed any more.</summary>
    internal RecordingLife? TakeUnused(RecordingLife life)
    {
        lock (_gate)
        {
            RecordingLife? unused = ReferenceEquals(Life, life) ? life.Continuation : null;
            life.Continuation = unused is null ? life.Continuation : null;
            return unused;
        }
    }

    /// <summary>True for the first one to say that the call is over.</summary>
    internal bool TryFinish() => Interlocked.Exchange(ref _finished, 1) == 0;

    /// <summary>The call cannot be kept: no more frames are taken.</summary>
    internal void Fail(Exception failure)
    {
        Outcome.Fail(failure);
        // The pump seals what there is and forgets the call.
        End(EndReason.Aborted);
    }

    private WriteResult Refused() => Outcome.IsFailed ? WriteResult.Dropped : IsClosed ? WriteResult.Ended : WriteResult.Malformed;

    private WriteResult Write(RecordingLife life, LegEncoder leg, in MediaFrame frame)
    {
        for (int i = 0; i < Retries; i++)
        {
            if (IsClosed)
            {
                return Refused();
            }

            if (Mask is { } mask && mask.Covers(leg.Number, frame))
            {
                return WriteResult.Masked;
            }

            PayloadBuffer payload = life.Payload;
            uint now = _recorder.ArrivalMs(life);
            switch (payload.TryAppend(leg, frame, now, out PayloadBuffer at))
            {
                case AppendResult.Accepted:
                    life.Target = at.Target;
                    return WriteResult.Accepted;
                case AppendResult.Full when RecordingLifecycle.TryOverflow(life, at, now) || i == 0:
                    continue;
                case AppendResult.Full:
                    life.Drops(leg.Number)!.Add(_recorder.IsSpoolFull ? GapReason.SpoolFull : GapReason.Overload, now);
                    return WriteResult.Dropped;
                case AppendResult.Oversize:
                    life.Drops(leg.Number)!.Add(GapReason.Oversize, now);
                    return frame.Payload.Length > Format.MaxFramePayload ? WriteResult.Malformed : WriteResult.Dropped;
                case AppendResult.Contended:
                    life.Drops(leg.Number)!.Add(GapReason.Overload, now);
                    return WriteResult.Dropped;
                default:
                    // Closed under us: the pump or another leg is just putting the next payload, or the next recording, in its place.
                    RecordingLife next = Life;
                    if (!ReferenceEquals(next, life) && next.Leg(leg.Number) is { } encoder)
                    {
                        (life, leg) = (next, encoder);
                    }

                    Thread.SpinWait(Pause);
                    break;
            }
        }

        life.Drops(leg.Number)!.Add(GapReason.Overload, _recorder.ArrivalMs(life));
        return WriteResult.Dropped;
    }
}
