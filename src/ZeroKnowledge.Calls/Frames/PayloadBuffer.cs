using System.Buffers.Binary;
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
internal sealed partial class PayloadBuffer
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
    private long _plannedLife;
    private PayloadBuffer? _planned;
    private bool _isClosedByPump;

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
        Volatile.Write(ref _planned, null);
        _isClosedByPump = false;
        Volatile.Write(ref _word, ReadWord().Prepared().Value);
    }

    /// <summary>Ends appending, opens the successor if there is one, and waits until every accepted frame is written. For the pump.</summary>
    /// <param name="next">A prepared payload of the same owner, or null if none follows.</param>
    /// <returns>The successor: not <paramref name="next"/> if a media thread had ended the payload before.</returns>
    public PayloadBuffer? Close(PayloadBuffer? next)
    {
        PayloadWord word = ReadWord();
        if (_isClosedByPump || (word.IsClosed && !word.IsEnded))
        {
            throw new InvalidOperationException("The payload is not open.");
        }

        if (next is not null && !(next.ReadWord().IsPrepared && ReferenceEquals(next._owner, _owner)))
        {
            throw new ArgumentException("The successor was not prepared for the same owner.", nameof(next));
        }

        if (next is not null)
        {
            // Before it is closed: the system may stop this thread right after, and media threads must not have to wait for it.
            Volatile.Write(ref _plannedLife, Volatile.Read(ref next._life));
            Volatile.Write(ref _planned, next);
        }

        _isClosedByPump = true;
        word = CloseByPump();
        var spin = default(SpinWait);
        if (word.IsClosed)
        {
            // A media thread was first; its link follows at once. The successor is opened here too, since that thread may be stopped
            // before it does: the pump would find a payload at its next tick that cannot be closed.
            while ((next = Volatile.Read(ref _next)) is null)
            {
                spin.SpinOnce();
            }

            next.Start(Volatile.Read(ref _nextLife), word.Arrival);
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
        Volatile.Write(ref _planned, null);
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

    /// <returns>The word as it was: closed if a media thread was first.</returns>
    private PayloadWord CloseByPump()
    {
        while (true)
        {
            PayloadWord word = ReadWord();
            if (word.IsClosed
                || Interlocked.CompareExchange(ref _word, word.Value | PayloadWord.ClosedBit | PayloadWord.PumpBit, word.Value) == word.Value)
            {
                return word;
            }
        }
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

    private static int Written(long committed) => (int)(committed & BytesMask);

    private static int Count(long committed) => (int)(committed >> CountShift & CountMask);

    private PayloadWord ReadWord() => new(Volatile.Read(ref _word));
}
