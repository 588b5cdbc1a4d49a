namespace ZeroKnowledge.Calls;

// The bytes that PayloadCursor walks over, and the first thing that was wrong with them.
internal ref struct PayloadBytes(ReadOnlySpan<byte> payload)
{
    private readonly ReadOnlySpan<byte> _payload = payload;
    private int _at;

    public string? Error { get; private set; }

    public readonly ReadOnlySpan<byte> Rest => _payload[_at..];

    public bool TryTake(int size, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (_payload.Length - _at < size)
        {
            return Fail("the frames end early");
        }

        taken = _payload.Slice(_at, size);
        _at += size;
        return true;
    }

    public bool TryTakePayload(int size, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        return size <= Format.MaxFramePayload ? TryTake(size, out taken) : Fail("a frame has more than 8,192 bytes");
    }

    public bool TryTakeVarint(out uint value)
    {
        if (!Varint.TryRead(Rest, out value, out int size))
        {
            return Fail("a varint is cut short, too large, or not in its shortest form");
        }

        _at += size;
        return true;
    }

    public bool Fail(string error)
    {
        Error ??= error;
        return false;
    }
}
