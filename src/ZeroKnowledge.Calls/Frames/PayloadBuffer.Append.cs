using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ZeroKnowledge.Calls;

// The media threads' side: nothing here waits, throws or allocates.
internal sealed partial class PayloadBuffer
{
    private const int CacheLine = 64;

    /// <summary>Where the next frame goes: an address for <see cref="Prefetch"/>.</summary>
    public unsafe nint Target => (nint)Unsafe.AsPointer(ref ByteAt(ReadWord().Offset));

    /// <summary>Begins to fetch what the next frame touches. With very many calls it is in no cache, and meanwhile there is other work to do.</summary>
    /// <param name="buffer">The payload.</param>
    /// <param name="target">What <see cref="Target"/> was after the frame before: to look now would be to wait already. Only a hint: the collector may have moved the memory.</param>
    /// <param name="size">Bytes of the frame, about.</param>
    public static unsafe void Prefetch(PayloadBuffer buffer, nint target, int size)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        // The reference as a number: to name a field would be to look at the object first. It does not matter if the collector moves it meanwhile.
        byte* fields = (byte*)Unsafe.As<PayloadBuffer, nint>(ref buffer);
        Sse.Prefetch0(fields);
        Sse.Prefetch0(fields + CacheLine);
        for (int fetched = 0; fetched <= size; fetched += CacheLine)
        {
            Sse.Prefetch0((byte*)target + fetched);
        }
    }

    /// <summary>Appends an audio or event frame, with the leg's format in front of it where one is due. From the leg's thread; never
    /// waits, throws or allocates.</summary>
    public AppendResult TryAppend(LegEncoder leg, in MediaFrame frame, uint nowMs) => TryAppend(leg, frame, nowMs, out _);

    /// <summary>Appends an audio or event frame as above, and says where.</summary>
    /// <param name="leg">The leg.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="nowMs">When it arrived, in ms since the recording began.</param>
    /// <param name="at">The payload that has the frame, or that is full: this one or a successor.</param>
    public AppendResult TryAppend(LegEncoder leg, in MediaFrame frame, uint nowMs, out PayloadBuffer at)
    {
        at = this;
        if (frame.Payload.Length > Format.MaxFramePayload)
        {
            return AppendResult.Oversize;
        }

        if (!leg.TryEnter())
        {
            return AppendResult.Contended;
        }

        uint now = Math.Min(nowMs, FrameLayout.MaxArrival);
        AppendResult result = TryAppendNext(leg, frame, now) ? AppendResult.Accepted : AppendMedia(leg, frame, formatOnly: false, now, out at);
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

        AppendResult result = AppendMedia(leg, default, formatOnly: true, nowMs, out _);
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
        return Append(ref pending, nowMs, out _);
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

        Span<byte> target = At(word.Offset, size);
        target[0] = leg.TypeOf(FrameLayout.Next, frame.Kind);
        target[1] = (byte)delta;
        frame.Payload.CopyTo(target[2..]);
        leg.AdvanceNext(frame);
        ref long written = ref _written[leg.Number];
        Volatile.Write(ref written, written + OneMediaFrame + size);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AppendResult AppendMedia(LegEncoder leg, in MediaFrame frame, bool formatOnly, uint nowMs, out PayloadBuffer at)
    {
        var pending = new PendingMedia(leg, frame, formatOnly);
        return Append(ref pending, nowMs, out at);
    }

    /// <summary>What the other verbs come down to. Internal so that a test can act in the middle of it.</summary>
    internal AppendResult Append<T>(ref T frame, uint nowMs, out PayloadBuffer at)
        where T : struct, IPendingFrame, allows ref struct
    {
        uint now = Math.Min(nowMs, FrameLayout.MaxArrival);
        at = this;
        AppendResult result = AppendHere(ref frame, now);
        while (result == AppendResult.Closed && at.TryFollow(frame.Owner, out PayloadBuffer? next))
        {
            at = next;
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

        frame.Write(At(offset, size), arrival, delta, life);
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

    // For who has reserved the bytes. Checked against the payload's size and not the array's, which is in front of the array and so in no cache either.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> At(int offset, int size) => offset >= 0 && size >= 0 && offset <= Size - size
        ? MemoryMarshal.CreateSpan(ref ByteAt(offset), size)
        : throw new ArgumentOutOfRangeException(nameof(offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte ByteAt(int offset)
    {
        // It is never null. The question is here because the compiled code asks it by looking at the array's front if nobody else does.
        byte[]? memory = _memory;
        return ref memory is null ? ref Unsafe.NullRef<byte>() : ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(memory), _start + offset);
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
