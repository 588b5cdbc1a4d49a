using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

// One chunk's payload while it is filled. Media threads append at once and never wait: a compare-and-swap on one word reserves the
// bytes and fixes the arrival, then they are written, then an addition tells that they are. Only the pump, which closes the payload,
// waits for the bytes that are still being written.
//
// A buffer is pooled: it has one life after another, for different recordings. A media thread may hold a reference for longer than
// a life, so each life has an owner, and the word has an epoch, which counts the buffer's lives: an append succeeds only in the
// life whose owner it saw. Audio can therefore not reach another recording.
//
// How the pump changes payloads, so that no frame is lost and arrivals never descend from chunk to chunk:
//   next.Prepare(recording, reserve); current.Close(next); publish next as the recording's payload; current.Finish(tick).
// Whoever meets a closed payload follows the link to its successor, and opens that with the arrival at which the first one ended.
internal sealed class PayloadBuffer
{
    // Frames are counted when they are written, so the count lags by what is in flight: at most two frames for each of 15 legs, and
    // gaps. The limit of frames keeps that distance, and gaps have a distance of their own.
    private const int GapFrameLimit = Format.MaxFramesPerChunk - 64;
    private const int MediaFrameLimit = GapFrameLimit - 64;

    // What is committed: audio and event frames 20 | all frames 20 | bytes 24.
    private const int CountShift = 24;
    private const int MediaShift = 44;
    private const long CountMask = (1L << 20) - 1;
    private const long BytesMask = (1L << CountShift) - 1;

    private static long _lives;

    private readonly byte[] _memory;
    private readonly int _start;
    private long _word = default(PayloadWord).Dormant().Value;
    private long _committed;
    private long _life;
    private object? _owner;
    private int _mediaLimit;
    private uint _earliest;
    private long _nextLife;
    private PayloadBuffer? _next;

    /// <summary>Fills <paramref name="size"/> bytes of the memory from <paramref name="start"/>, where they will be encrypted in place.</summary>
    public PayloadBuffer(byte[] memory, int start, int size)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, Format.MinPayloadSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Format.MaxPayloadSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, memory.Length - size);
        _memory = memory;
        _start = start;
        Size = size;
    }

    /// <summary>The payload size in bytes.</summary>
    public int Size { get; }

    /// <summary>What the payload is a part of, for who gets it from <see cref="Close"/>.</summary>
    public object? Container { get; init; }

    public bool IsClosed => ReadWord().IsClosed;

    /// <summary>Arrival of the last frame, or the floor.</summary>
    public uint LastArrivalMs => ReadWord().Arrival;

    /// <summary>Begins a life at once: the first payload of a recording.</summary>
    /// <param name="owner">The recording; the same object as its legs' owner.</param>
    /// <param name="floorArrivalMs">No frame arrives earlier.</param>
    /// <param name="reserve">Bytes at the end that only gaps may use.</param>
    public void Open(object owner, uint floorArrivalMs, int reserve)
    {
        Prepare(owner, reserve);
        Start(_life, Math.Min(floorArrivalMs, FrameLayout.MaxArrival));
    }

    /// <summary>Begins a life that opens when the payload before it is closed.</summary>
    public void Prepare(object owner, int reserve)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reserve, Size - FrameLayout.HeadSize);
        Sleep();
        long life = Interlocked.Increment(ref _lives);
        Volatile.Write(ref _committed, 0);
        Volatile.Write(ref _mediaLimit, Size - reserve);
        Volatile.Write(ref _life, life);
        Volatile.Write(ref _owner, owner);
        Volatile.Write(ref _next, null);
        Volatile.Write(ref _word, ReadWord().Prepared().Value);
    }

    /// <summary>Appends an audio or event frame, with the leg's format in front of it where one is due. From the leg's thread; never
    /// waits, throws or allocates.</summary>
    public AppendResult TryAppend(LegEncoder leg, in MediaFrame frame, uint nowMs) => frame.Payload.Length <= Format.MaxFramePayload
        ? AppendMedia(leg, frame, formatOnly: false, nowMs)
        : AppendResult.Oversize;

    /// <summary>Declares the leg's format, whether or not audio follows. From the leg's thread; never waits, throws or allocates.</summary>
    public AppendResult TryAppendFormat(LegEncoder leg, uint nowMs) => AppendMedia(leg, default, formatOnly: true, nowMs);

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

    /// <summary>Ends appending, opens the successor if there is one, and waits until every accepted frame is written. For the pump.</summary>
    /// <param name="next">A prepared payload of the same owner, or null if none follows.</param>
    /// <returns>The successor: not <paramref name="next"/> if a media thread had ended the payload before.</returns>
    public PayloadBuffer? Close(PayloadBuffer? next)
    {
        PayloadWord word = ReadWord();
        if (word.IsClosed && !word.IsEnded)
        {
            throw new InvalidOperationException("The payload is not open.");
        }

        if (next is not null && !(next.ReadWord().IsPrepared && ReferenceEquals(next._owner, _owner)))
        {
            throw new ArgumentException("The successor was not prepared for the same owner.", nameof(next));
        }

        word = new PayloadWord(Interlocked.Or(ref _word, PayloadWord.ClosedBit));
        var spin = default(SpinWait);
        if (word.IsClosed)
        {
            // A media thread was first; its link follows at once.
            while (Volatile.Read(ref _next) is null)
            {
                spin.SpinOnce();
            }
        }
        else if (next is not null)
        {
            Link(next, word.Arrival);
        }

        while (Written(Volatile.Read(ref _committed)) != word.Offset - FrameLayout.HeadSize)
        {
            spin.SpinOnce();
        }

        return Volatile.Read(ref _next);
    }

    /// <summary>Writes the head and the padding; then the payload is complete. For the pump, once, after <see cref="Close"/>.</summary>
    public PayloadInfo Finish(uint tickNumber)
    {
        PayloadWord word = ReadWord();
        if (!word.IsEnded)
        {
            throw new InvalidOperationException("The payload was not closed.");
        }

        int frames = Count(Volatile.Read(ref _committed));
        uint latest = word.Arrival;
        uint earliest = frames == 0 ? latest : _earliest;
        Span<byte> payload = _memory.AsSpan(_start, Size);
        BinaryPrimitives.WriteUInt32BigEndian(payload[FrameLayout.TickOffset..], tickNumber);
        BinaryPrimitives.WriteUInt32BigEndian(payload[FrameLayout.EarliestOffset..], earliest);
        BinaryPrimitives.WriteUInt32BigEndian(payload[FrameLayout.LatestOffset..], latest);
        BinaryPrimitives.WriteUInt16BigEndian(payload[FrameLayout.CountOffset..], (ushort)frames);
        payload[word.Offset..].Clear();
        return new PayloadInfo(frames, (int)(Volatile.Read(ref _committed) >> MediaShift), earliest, latest);
    }

    /// <summary>Wipes the memory and forgets the owner, before the buffer goes back to its pool. For the pump, when it is not open.</summary>
    public void Release()
    {
        Sleep();
        Volatile.Write(ref _owner, null);
        Volatile.Write(ref _next, null);
        CryptographicOperations.ZeroMemory(_memory.AsSpan(_start, Size));
    }

    /// <summary>Begins a new epoch, so that whoever still looks at the old life fails.</summary>
    private void Sleep()
    {
        if (!IsClosed)
        {
            throw new InvalidOperationException("The payload is open: close it first.");
        }

        Interlocked.Exchange(ref _word, ReadWord().Dormant().Value);
    }

    private void Link(PayloadBuffer next, uint floor)
    {
        long life = Volatile.Read(ref next._life);
        Volatile.Write(ref _nextLife, life);
        Volatile.Write(ref _next, next);
        next.Start(life, floor);
    }

    private void Start(long life, uint floor)
    {
        PayloadWord word = ReadWord();
        if (word.IsPrepared && Volatile.Read(ref _life) == life)
        {
            // It fails if another thread started it, which is as good.
            Interlocked.CompareExchange(ref _word, word.Opened(floor).Value, word.Value);
        }
    }

    private AppendResult AppendMedia(LegEncoder leg, in MediaFrame frame, bool formatOnly, uint nowMs)
    {
        if (!leg.TryEnter())
        {
            return AppendResult.Contended;
        }

        var pending = new PendingMedia(leg, frame, formatOnly);
        AppendResult result = Append(ref pending, nowMs);
        leg.Leave();
        return result;
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
            int frames = Count(Volatile.Read(ref _committed));
            PayloadWord seen;
            if (offset + size > limit || frames > (frame.MayUseReserve ? GapFrameLimit : MediaFrameLimit))
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
        Interlocked.Add(ref _committed, (long)frame.MediaFrames << MediaShift | (long)frame.Frames << CountShift | (long)size);
    }

    /// <summary>Opens the successor of a closed payload of the owner. False if there is none, or if this is another life by now.</summary>
    private bool TryFollow(object owner, [NotNullWhen(true)] out PayloadBuffer? next)
    {
        PayloadWord word = ReadWord();
        bool mine = ReferenceEquals(Volatile.Read(ref _owner), owner);
        long nextLife = Volatile.Read(ref _nextLife);
        next = Volatile.Read(ref _next);
        if (!word.IsEnded || !mine || next is null || ReadWord() != word)
        {
            return false;
        }

        // The arrival at which this payload ended is the floor of the next, whoever opens that first.
        next.Start(nextLife, word.Arrival);
        return true;
    }

    private static int Written(long committed) => (int)(committed & BytesMask);

    private static int Count(long committed) => (int)(committed >> CountShift & CountMask);

    private PayloadWord ReadWord() => new(Volatile.Read(ref _word));
}
