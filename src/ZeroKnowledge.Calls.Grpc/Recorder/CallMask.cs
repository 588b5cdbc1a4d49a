namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// What of a call is kept out of its recording, and the gaps that stand for it. Media threads read one word, and change it at most once, when a digit begins the mask; who begins, ends
/// and tells takes turns.
/// </summary>
internal sealed class CallMask(RecordingLifecycle recorder, CallWriter call)
{
    // The digits, *, # and A to D (RFC 4733, section 3.2).
    private const int LastDigit = 15;

    // A payload or a recording is just being replaced: that takes some instructions.
    private const int Retries = 100;

    private readonly Lock _gate = new();
    private long _word;
    private long _toldMs = -1;

    public bool IsMasking => Word.IsMasking;

    private MaskWord Word => new(Volatile.Read(ref _word));

    /// <summary>From media threads: whether the frame is kept out; the first digit of an armed mask already is. Never waits, throws or allocates.</summary>
    public bool Covers(int leg, in MediaFrame frame)
    {
        MaskWord word = Word;
        while (word.IsArmed && word.Covers(leg) && IsDigit(frame))
        {
            MaskWord started = word.Started(recorder.NowMs);
            long seen = Interlocked.CompareExchange(ref _word, started.Value, word.Value);
            word = seen == word.Value ? started : new MaskWord(seen);
        }

        return word.IsMasking && word.Covers(leg);
    }

    /// <summary>Begins, or adds to what is masked and begins the maximum anew.</summary>
    public void Begin(int legs, GapReason reason)
    {
        lock (_gate)
        {
            long now = recorder.NowMs;
            MaskWord before;
            MaskWord after;
            do
            {
                before = Word;
                // Legs that wait for a digit are masked from now on: one word cannot do both, and rather too little is recorded than too much.
                after = MaskWord.Begun(before.Legs | legs, reason, now);
            }
            while (Interlocked.CompareExchange(ref _word, after.Value, before.Value) != before.Value);
            Tell(before, now);
        }
    }

    /// <summary>Begins with the first digit on one of the legs. A mask that is on stays as it is.</summary>
    public void Arm(int legs, GapReason reason)
    {
        lock (_gate)
        {
            MaskWord before = Word;
            if (!before.IsMasking)
            {
                // If a digit has just begun it, that is what was wanted.
                Interlocked.CompareExchange(ref _word, MaskWord.Armed(legs, reason).Value, before.Value);
            }
        }
    }

    /// <summary>Ends it, or takes the arming back.</summary>
    public void End()
    {
        lock (_gate)
        {
            Tell(new MaskWord(Interlocked.Exchange(ref _word, 0)), recorder.NowMs);
        }
    }

    /// <summary>From the pump, on each tick: tells what was kept out since the last one, and ends a mask that reached its maximum.</summary>
    /// <param name="now">On the recorder's clock, in ms.</param>
    /// <param name="max">How long a mask lasts at most.</param>
    /// <param name="tells">False while the payload cannot leave: one gap at the end says the same.</param>
    public void Tick(long now, TimeSpan max, bool tells)
    {
        if (!IsMasking)
        {
            return;
        }

        lock (_gate)
        {
            MaskWord word = Word;
            bool expired = word.IsMasking && now - word.SinceMs >= max.TotalMilliseconds;
            if (expired)
            {
                Volatile.Write(ref _word, 0);
                recorder.Meter.ExpiredMasks.Add(1);
                RecorderLog.MaskExpired(recorder.Logger, call.RecordingId, max);
            }

            if (expired || tells)
            {
                Tell(word, now);
            }
        }
    }

    // A telephone event that is cut short is taken for a digit: rather too little recorded than too much.
    private static bool IsDigit(in MediaFrame frame) => frame.Kind == FrameKind.Event && (frame.Payload.IsEmpty || frame.Payload[0] <= LastDigit);

    private void Tell(MaskWord word, long now)
    {
        // Of a mask that has just begun something may be gone, even if no millisecond has.
        if (!word.IsMasking || (now <= _toldMs && word.SinceMs < _toldMs))
        {
            return;
        }

        long from = Math.Max(word.SinceMs, _toldMs);
        _toldMs = now;
        if (word.Legs == MaskWord.AllLegs)
        {
            Tell(Format.AllLegs, word.Reason, from, now);
            return;
        }

        for (int leg = 0; leg < Format.MaxLegs; leg++)
        {
            if (word.Covers(leg) && call.Life.Leg(leg) is not null)
            {
                Tell(leg, word.Reason, from, now);
            }
        }
    }

    private void Tell(int leg, GapReason reason, long from, long now)
    {
        RecordingLife life = call.Life;
        for (int i = 0; i < Retries && !life.IsOver; i++, life = call.Life)
        {
            ChunkBuffer current = life.Current;
            uint arrival = RecordingLifecycle.ArrivalMs(life, now);
            AppendResult result = life.TryAppendGap(leg, now - from, reason, arrival);
            if (result == AppendResult.Accepted)
            {
                return;
            }

            if (result == AppendResult.Full && !RecordingLifecycle.TryOverflow(life, current.Payload, arrival))
            {
                break;
            }
        }

        // There is no room even for a gap: the next payload begins with it.
        life.Drops(leg == Format.AllLegs ? 0 : leg)?.Add(reason, RecordingLifecycle.ArrivalMs(life, from));
    }
}
