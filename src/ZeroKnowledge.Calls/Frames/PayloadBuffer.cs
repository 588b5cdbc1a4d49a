using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

// One chunk's payload while it is filled. Media threads append at once and never wait: a compare-and-swap on one word reserves the
// bytes and fixes the arrival, then they are written, then the leg's count tells that they are. Only the pump, which closes the
// payload, waits for the bytes that are still being written.
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

    // What is written: audio and event frames 20 | all frames 20 | bytes 24. Sums of such numbers are such numbers.
    private const int CountShift = 24;
    private const int MediaShift = 44;
    private const long CountMask = (1L << 20) - 1;
    private const long BytesMask = (1L << CountShift) - 1;
    private const long OneMediaFrame = 1L << MediaShift | 1L << CountShift;

    private static long _lives;

    private readonly byte[] _memory;
    private readonly int _start;
    private readonly bool _canHoldTooMany;
    private long _word = default(PayloadWord).Dormant().Value;
    private long _life;
    private object? _owner;
    private int _mediaLimit;
    private uint _earliest;
    private long _nextLife;
    private PayloadBuffer? _next;
    private long _plannedLife;
    private PayloadBuffer? _planned;
    private bool _isClosedByPump;
    private WrittenByLeg _written;

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
        _canHoldTooMany = size / FrameLayout.MinFrame > MediaFrameLimit;
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
        for (int leg = 0; leg < WrittenByLeg.Length; leg++)
        {
            Volatile.Write(ref _written[leg], 0);
        }

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

        while ((ReadWritten() & BytesMask) != word.Offset - FrameLayout.HeadSize)
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

        long written = ReadWritten();
        int frames = Count(written);
        uint latest = word.Arrival;
        uint earliest = frames == 0 ? latest : _earliest;
        Span<byte> payload = _memory.AsSpan(_start, Size);
        BinaryPrimitives.WriteUInt32BigEndian(payload[FrameLayout.TickOffset..], tickNumber);
        BinaryPrimitives.WriteUInt32BigEndian(payload[FrameLayout.EarliestOffset..], earliest);
        BinaryPrimitives.WriteUInt32BigEndian(payload[FrameLayout.LatestOffset..], latest);
        BinaryPrimitives.WriteUInt16BigEndian(payload[FrameLayout.CountOffset..], (ushort)frames);
        payload[word.Offset..].Clear();
        return new PayloadInfo(frames, (int)(written >> MediaShift), earliest, latest);
    }

    /// <summary>Wipes the memory and forgets the owner, before the buffer goes back to its pool. For the pump, when it is not open.</summary>
    /// <param name="isEncrypted">The memory holds a chunk, not audio: then it is left as it is, which saves to fetch it once more into the cache.</param>
    public void Release(bool isEncrypted = false)
    {
        Sleep();
        Volatile.Write(ref _owner, null);
        Volatile.Write(ref _next, null);
        Volatile.Write(ref _planned, null);
        if (!isEncrypted)
        {
            CryptographicOperations.ZeroMemory(_memory.AsSpan(_start, Size));
        }
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

    private long ReadWritten()
    {
        long written = 0;
        for (int leg = 0; leg < WrittenByLeg.Length; leg++)
        {
            written += Volatile.Read(ref _written[leg]);
        }

        return written;
    }

    private static int Count(long written) => (int)(written >> CountShift & CountMask);

    private PayloadWord ReadWord() => new(Volatile.Read(ref _word));

    // A leg has one thread at a time, which adds to its own number without a locked instruction. Gaps come from any thread and share the last one.
    [InlineArray(Length)]
    private struct WrittenByLeg
    {
        public const int Gaps = Format.MaxLegs;
        public const int Length = Format.MaxLegs + 1;

        private long _leg;
    }
}
