using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

[Properties(Arbitrary = [typeof(Script)], MaxTest = 300)]
public class PayloadPropertyTests
{
    [Property]
    public void TryParse_OfAnyFrames_IsWhatWasAppended(Script script)
    {
        ParsedPayload parsed = Payloads.Parse(script.Payload);
        Assert.Equal(5u, parsed.TickNumber);
        FrameAssert.Same(script.Sent, parsed.Frames);
        Assert.Equal(parsed.Frames.Sum(frame => frame.Payload.Length), parsed.Backing.Length);
    }

    [Property]
    public void Write_OfParsedFrames_IsTheSameBytes(Script script) =>
        Assert.Equal(script.Payload, Payloads.Write(Payloads.Parse(script.Payload), script.Payload.Length));

    [Property]
    public void TryParse_OfMutatedPayload_FailsOrIsCanonical(Script script, ushort where, byte value, byte kind)
    {
        // Only what is used, and a little padding: otherwise nearly every mutation hits padding.
        int used = 1 + script.Payload.AsSpan().LastIndexOfAnyExcept((byte)0);
        byte[] payload = script.Payload[..Math.Max(Payloads.Size, used + 4)];
        for (int i = 0; i < payload.Length; i += Math.Max(1, payload.Length / 64))
        {
            byte[] mutated = Mutate(payload, (where + i) % payload.Length, value, kind);
            if (PayloadParser.TryParse(mutated, out ParsedPayload? parsed, out string? error))
            {
                Assert.Equal(mutated, Payloads.Write(parsed, mutated.Length));
            }
            else
            {
                Assert.NotEmpty(error);
            }
        }
    }

    [Property(MaxTest = 2_000)]
    public void TryParse_OfSmallAlphabet_FailsOrIsCanonical(byte[] frames, byte count, byte latest)
    {
        // Behind a format and an anchor, most bytes here mean something.
        byte[] alphabet = [0x00, 0x10, 0x20, 0x30, 0x21, 0x50, 0x60, 0x70, 0x80, 0x8f, 0x01, 0x02, 0x40, 0xa0, 0xf0, 0x08, 0x81, 0x7f];
        byte[] rest = [.. frames.Select(value => alphabet[value % alphabet.Length]).Take(200)];
        byte[] payload = Payloads.At(0, latest % 4u, [Payloads.FormatA, Payloads.AnchorA, rest]);
        payload[13] = (byte)(2 + count % 6);
        if (PayloadParser.TryParse(payload, out ParsedPayload? parsed, out _))
        {
            Assert.Equal(payload, Payloads.Write(parsed, payload.Length));
        }
    }

    [Property]
    public void TryParse_OfAnyBytes_SaysWhy(byte[] bytes, byte count)
    {
        byte[] payload = Payloads.At(0, 0, bytes.AsSpan(0, Math.Min(bytes.Length, 200)).ToArray());
        payload[13] = count;
        Assert.Equal(PayloadParser.TryParse(payload, out _, out string? error), error is null);
        Assert.False(PayloadParser.TryParse(bytes, out _, out _));
    }

    [Property]
    public void TryRead_OfVarint_IsWhatWasWritten(uint value)
    {
        Span<byte> bytes = stackalloc byte[Varint.MaxSize];
        foreach (uint v in (uint[])[value & Varint.Max, value & 0x7f, value & 0x3fff, Varint.Max])
        {
            int size = Varint.Write(bytes, v);
            Assert.Equal(Varint.Size(v), size);
            Assert.True(Varint.TryRead(bytes[..size], out uint read, out int length));
            Assert.Equal((v, size), (read, length));
            Assert.False(Varint.TryRead(bytes[..(size - 1)], out _, out _));
        }
    }

    private static byte[] Mutate(byte[] payload, int at, byte value, byte kind) => (kind % 4) switch
    {
        0 => [.. payload[..at], (byte)(payload[at] ^ (value == 0 ? 1 : value)), .. payload[(at + 1)..]],
        1 => [.. payload[..at], value, .. payload[at..^1]],
        2 => [.. payload[..at], .. payload[(at + 1)..], 0],
        _ => [.. payload[..at], (byte)(payload[at] ^ 1 << value % 8), .. payload[(at + 1)..]],
    };
}
