using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ZeroKnowledge.Calls;

// The media threads' side: nothing here waits, throws or allocates.
internal sealed partial class PayloadBuffer
{
    private const int CacheLine = 64;

    /// <summary>Begins to fetch the memory that the next frame goes to. With very many calls it is in no cache, and meanwhile there is other work to do.</summary>
    public unsafe void Prefetch(int size)
    {
        if (Sse.IsSupported)
        {
            int at = Math.Min(_start + ReadWord().Offset, _memory.Length - 1);
            // Only a hint: it does not matter if the collector moves the memory meanwhile, or if another life has begun.
            byte* line = (byte*)Unsafe.AsPointer(ref _memory[at]);
            for (int fetched = 0; fetched <= size; fetched += CacheLine)
            {
                Sse.Prefetch0(line + fetched);
            }
        }
    }

    /// <summary>Appends an audio or event frame, with the leg's format in front of it where one is due. From the leg's thread; never
    /// waits, throws or allocates.</summary>
    public AppendResult TryAppend(LegEncoder leg, in MediaFrame frame, uint nowMs)
    {
        if (frame.Payload.Length > Format.MaxFramePayload)
        {
            return AppendResult.Oversize;
        }

        if (!leg.TryEnter())
        {
            return AppendResult.Contended;
        }

        uint now = Math.Min(nowMs, FrameLayout.MaxArrival);
        AppendResult result = TryAppendNext(leg, frame, now) ? AppendResult.Accepted : AppendMedia(leg, frame, formatOnly: false, now);
        leg.Leave();
        return result;
    }

    /// <summary>Declares the leg's format, whether or not audio follows. From the leg's thread; never waits, throws or allocates.</summary>
    public AppendResult TryAppendFormat(LegEncoder leg, uint nowMs)
    {
        if (!leg.TryEnter())
        {
            return AppendResult.Contended;
        }

        AppendResult result = AppendMedia(leg, default, formatOnly: true, nowMs);
        leg.Leave();
        return result;
    }

    /// <summary>Appends a gap, into the reserve if need be. From any thread; never waits, throws or allocates.</summary>
    /// <param name="owner">The recording.</param>
    /// <param name="leg">0 to 14, or 15 for all legs.</param>
    /// <param name="durationMs">What is missing; shortened to what the recording had until then, and at least 1.</param>
    /// <param name="reason">Not <see cref="GapReason.None"/>.</param>
    /// <param name="nowMs">When the gap ends, in ms since the recording began.</param>
    public AppendResult TryAppendGap(object owner, int leg, uint durationMs, GapReason reason, uint nowMs)
    {
        var pending = new PendingGap(owner, leg, durationMs, reason);
        return Append(ref pending, nowMs);
    }

    /// <summary>Ends appending because the payload is full, and opens the successor. From a media thread: does not wait for frames that are being written.
    /// The pump, which closes the payload at its tick, finds the successor there.</summary>
    /// <param name="owner">The recording.</param>
    /// <param name="next">A prepared payload of the same owner.</param>
    /// <returns>False if another thread ended it first, or if it belongs to another recording by now.</returns>
    public bool TryOverflow(object owner, PayloadBuffer next)
    {
        PayloadWord word = ReadWord();
        if (word.IsClosed || !ReferenceEquals(Volatile.Read(ref _owner), owner)
            || Interlocked.CompareExchange(ref _word, word.Value | PayloadWord.ClosedBit, word.Value) != word.Value)
        {
            return false;
        }

        Link(next, word.Arrival);
        return true;
    }

    /// <summary>The short way of a frame that is just as predicted, as most are: one try of what <see cref="AppendHere"/> does, without what such a frame does not need.</summary>
    private bool TryAppendNext(LegEncoder leg, in MediaFrame frame, uint now)
    {
        PayloadWord word = ReadWord();
        if (word.IsClosed || _canHoldTooMany || !leg.IsNext(Volatile.Read(ref _life), frame))
        {
            return false;
        }

        // The leg has a frame in this life: so the life is of its owner, and the last arrival is a frame's.
        uint arrival = Math.Max(now, word.Arrival);
        uint delta = arrival - word.Arrival;
        int size = 2 + frame.Payload.Length;
        if (Varint.Size(delta) != 1 || word.Offset + size > Volatile.Read(ref _mediaLimit)
            || Interlocked.CompareExchange(ref _word, word.Reserved(arrival, size).Value, word.Value) != word.Value)
        {
            return false;
        }

        Span<byte> target = _memory.AsSpan(_start + word.Offset, size);
        target[0] = leg.TypeOf(FrameLayout.Next, frame.Kind);
        target[1] = (byte)delta;
        frame.Payload.CopyTo(target[2..]);
        leg.AdvanceNext(frame);
        ref long written = ref _written[leg.Number];
        Volatile.Write(ref written, written + OneMediaFrame + size);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AppendResult AppendMedia(LegEncoder leg, in MediaFrame frame, bool formatOnly, uint nowMs)
    {
        var pending = new PendingMedia(leg, frame, formatOnly);
        return Append(ref pending, nowMs);
    }

    /// <summary>What the other verbs come down to. Internal so that a test can act in the middle of it.</summary>
    internal AppendResult Append<T>(ref T frame, uint nowMs)
        where T : struct, IPendingFrame, allows ref struct
    {
        uint now = Math.Min(nowMs, FrameLayout.MaxArrival);
        AppendResult result = AppendHere(ref frame, now);
        for (PayloadBuffer buffer = this; result == AppendResult.Closed && buffer.TryFollow(frame.Owner, out PayloadBuffer? next); buffer = next)
        {
            result = next.AppendHere(ref frame, now);
        }

        return result;
    }

    private AppendResult AppendHere<T>(ref T frame, uint now)
        where T : struct, IPendingFrame, allows ref struct
    {
        PayloadWord word = ReadWord();
        long planned = 0;
        while (true)
        {
            if (word.IsClosed)
            {
                return AppendResult.Closed;
            }

            // What is read from here on belongs to the word's life if the word is still the same in the end.
            long life = Volatile.Read(ref _life);
            if (!ReferenceEquals(Volatile.Read(ref _owner), frame.Owner))
            {
                return AppendResult.Closed;
            }

            if (planned != life)
            {
                frame.Plan(life);
                planned = life;
            }

            int offset = word.Offset;
            uint arrival = Math.Max(now, word.Arrival);
            uint delta = offset == FrameLayout.HeadSize ? 0 : arrival - word.Arrival;
            int size = frame.Size(arrival, delta);
            int limit = frame.MayUseReserve ? Size : Volatile.Read(ref _mediaLimit);
            PayloadWord seen;
            if (offset + size > limit || (_canHoldTooMany && Count(ReadWritten()) > (frame.MayUseReserve ? GapFrameLimit : MediaFrameLimit)))
            {
                seen = ReadWord();
                if (seen == word)
                {
                    return FrameLayout.HeadSize + frame.SizeAlone > limit ? AppendResult.Oversize : AppendResult.Full;
                }
            }
            else
            {
                seen = new PayloadWord(Interlocked.CompareExchange(ref _word, word.Reserved(arrival, size).Value, word.Value));
                if (seen == word)
                {
                    Write(ref frame, offset, size, arrival, delta, life);
                    return AppendResult.Accepted;
                }
            }

            word = seen;
        }
    }

    private void Write<T>(ref T frame, int offset, int size, uint arrival, uint delta, long life)
        where T : struct, IPendingFrame, allows ref struct
    {
        if (offset == FrameLayout.HeadSize)
        {
            _earliest = arrival;
        }

        frame.Write(_memory.AsSpan(_start + offset, size), arrival, delta, life);
        long written = (long)frame.MediaFrames << MediaShift | (long)frame.Frames << CountShift | (long)size;
        if (frame.Leg is { } leg)
        {
            Volatile.Write(ref _written[leg], _written[leg] + written);
        }
        else
        {
            Interlocked.Add(ref _written[WrittenByLeg.Gaps], written);
        }
    }

    /// <summary>Opens the successor of a closed payload of the owner. False if there is none, or if this is another life by now.</summary>
    private bool TryFollow(object owner, [NotNullWhen(true)] out PayloadBuffer? next)
    {
        PayloadWord word = ReadWord();
        bool mine = ReferenceEquals(Volatile.Read(ref _owner), owner);

        // In this order: a media thread links a payload after it ended it, and writes the successor's life first.
        next = Volatile.Read(ref _next);
        long nextLife = Volatile.Read(ref _nextLife);
        if (next is null && word.IsClosedByPump)
        {
            next = Volatile.Read(ref _planned);
            nextLife = Volatile.Read(ref _plannedLife);
        }

        if (!word.IsEnded || !mine || next is null || ReadWord() != word)
        {
            return false;
        }

        // The arrival at which this payload ended is the floor of the next, whoever opens that first.
        next.Start(nextLife, word.Arrival);
        return true;
    }
}
