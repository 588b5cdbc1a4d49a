namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One leg of a call as a stream to write to, for audio of a constant rate that does not come as RTP: bytes are cut into frames, which are numbered and timed. Write as it is
/// spoken: what comes faster than the policy's bit rate becomes gaps. <c>PipeWriter.Create(stream)</c> makes a pipe of it. Not thread-safe.
/// </summary>
public sealed class LegStream : Stream
{
    private readonly CallWriter _call;
    private readonly int _leg;
    private readonly int _payloadType;
    private readonly uint _samples;
    private readonly byte[] _frame;
    private int _length;
    private ushort _sequence;
    private uint _timestamp;

    /// <summary>Opens a leg.</summary>
    /// <param name="call">The call; it is not ended with the stream.</param>
    /// <param name="leg">The number of the leg, from 0.</param>
    /// <param name="payloadType">A payload type, 0 to 127, as the leg's format declares it.</param>
    /// <param name="frameSize">Bytes of a frame, 1 to 8,192: 160 for 20 ms of G.711.</param>
    /// <param name="frameSamples">How far the timestamp goes with each frame, in units of the payload type's clock rate: 160 for 20 ms at 8,000 Hz.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public LegStream(CallWriter call, int leg, int payloadType, int frameSize, int frameSamples)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentOutOfRangeException.ThrowIfNegative(leg);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leg, Format.MaxLegs);
        ArgumentOutOfRangeException.ThrowIfNegative(payloadType);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadType, sbyte.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frameSize, Format.MaxFramePayload);
        ArgumentOutOfRangeException.ThrowIfNegative(frameSamples);
        _call = call;
        _leg = leg;
        _payloadType = payloadType;
        _samples = (uint)frameSamples;
        _frame = new byte[frameSize];
    }

    /// <summary>False.</summary>
    public override bool CanRead => false;

    /// <summary>False.</summary>
    public override bool CanSeek => false;

    /// <summary>True.</summary>
    public override bool CanWrite => true;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes bytes; each whole frame goes into the recording at once. Never waits.</summary>
    /// <param name="buffer">Any number of bytes.</param>
    /// <exception cref="IOException">The call has ended.</exception>
    /// <exception cref="InvalidOperationException">The call has no such leg.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int taken = Math.Min(buffer.Length, _frame.Length - _length);
            buffer[..taken].CopyTo(_frame.AsSpan(_length));
            _length += taken;
            buffer = buffer[taken..];
            if (_length == _frame.Length)
            {
                Send();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: a part of a frame waits for the rest, or for the end.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Not supported.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Writes what is left, as a shorter frame, unless the call has ended.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _length > 0)
        {
            _call.WriteFrame(_leg, _payloadType, _sequence, _timestamp, _frame.AsSpan(0, _length));
            _length = 0;
        }

        base.Dispose(disposing);
    }

    private void Send()
    {
        WriteResult result = _call.WriteFrame(_leg, _payloadType, _sequence, _timestamp, _frame.AsSpan(0, _length));
        _length = 0;
        _sequence = unchecked((ushort)(_sequence + 1));
        _timestamp = unchecked(_timestamp + _samples);
        switch (result)
        {
            case WriteResult.Ended:
                throw new IOException("The call has ended: nothing more is recorded.");
            case WriteResult.Malformed:
                throw new InvalidOperationException($"The call has no leg {_leg}: name it when the call begins, or with SetLeg.");
        }
    }
}
