using System.Buffers.Binary;
using System.Text;

namespace ZeroKnowledge.Calls.Tests;

// Payloads written by hand, byte for byte as docs/FORMAT.md says, and payloads written again from what was parsed.
internal static class Payloads
{
    public const int Size = 256;

    /// <summary>Label "a", payload type 0 PCMU 8000/1.</summary>
    public static readonly byte[] FormatA = [0x70, 0, 1, (byte)'a', 1, 0, 0, 0, 0x1f, 0x40, 1, 4, .. "PCMU"u8];

    /// <summary>Leg 0 of <see cref="FormatA"/>: sequence 1, timestamp 160, SSRC 7, two bytes.</summary>
    public static readonly byte[] AnchorA = [0x10, 0, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7, 0, 2, 0xaa, 0xbb];

    /// <summary>After the anchor: step 160.</summary>
    public static readonly byte[] DeltaA = [0x20, 0, 0x20, 0, 160, 0xcc, 0xdd];

    public static readonly byte[] NextA = [0x30, 0, 0xee, 0xff];

    public static byte[] Of(params byte[][] frames) => At(0, 0, frames);

    public static byte[] At(uint earliest, uint latest, params byte[][] frames) => Sized(Size, earliest, latest, frames);

    public static byte[] Sized(int size, uint earliest, uint latest, params byte[][] frames)
    {
        byte[] payload = new byte[size];
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(0), 5);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(4), earliest);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(8), latest);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(12), (ushort)frames.Length);
        int at = 14;
        foreach (byte[] frame in frames)
        {
            frame.CopyTo(payload, at);
            at += frame.Length;
        }

        return payload;
    }

    public static byte[] FormatFrame(string label, params (int Number, uint Rate, int Channels, string Name)[] types)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(label);
        List<byte> frame = [0x70, 0, (byte)utf8.Length, .. utf8, (byte)types.Length];
        foreach ((int number, uint rate, int channels, string name) in types)
        {
            byte[] head = [(byte)number, 0, 0, 0, 0, (byte)channels, (byte)name.Length];
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(1), rate);
            frame.AddRange(head);
            frame.AddRange(Encoding.Latin1.GetBytes(name));
        }

        return [.. frame];
    }

    public static ParsedPayload Parse(byte[] payload)
    {
        Assert.True(PayloadParser.TryParse(payload, out ParsedPayload? parsed, out string? error), error);
        return parsed;
    }

    public static void Refuses(string reason, byte[] payload)
    {
        Assert.False(PayloadParser.TryParse(payload, out ParsedPayload? parsed, out string? error), "The payload was accepted.");
        Assert.Null(parsed);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    /// <summary>What a writer makes of the frames that were parsed.</summary>
    public static byte[] Write(ParsedPayload parsed, int size)
    {
        byte[] memory = new byte[size];
        object owner = new();
        var buffer = new PayloadBuffer(memory, 0, size);
        buffer.Open(owner, parsed.EarliestMs, reserve: 0);
        var legs = new LegEncoder[15];
        foreach (Frame frame in parsed.Frames)
        {
            Assert.Equal(AppendResult.Accepted, Append(buffer, owner, legs, frame));
        }

        buffer.Close(null);
        PayloadInfo info = buffer.Finish(parsed.TickNumber);
        Assert.Equal(parsed.Frames.Count, info.Frames);
        return memory;
    }

    private static AppendResult Append(PayloadBuffer buffer, object owner, LegEncoder[] legs, Frame frame)
    {
        uint now = (uint)frame.ArrivalMs;
        switch (frame.Kind)
        {
            case FrameKind.Gap:
                return buffer.TryAppendGap(owner, frame.Leg, (uint)frame.GapDurationMs, frame.GapReason, now);
            case FrameKind.Format:
                legs[frame.Leg] ??= new LegEncoder(owner, frame.Leg, frame.Format!);
                legs[frame.Leg].Format = frame.Format!;
                return buffer.TryAppendFormat(legs[frame.Leg], now);
            default:
                return buffer.TryAppend(legs[frame.Leg], ToMedia(frame), now);
        }
    }

    public static MediaFrame ToMedia(Frame frame) =>
        new(frame.Kind, (byte)frame.PayloadType, frame.Sequence, frame.Timestamp, frame.Ssrc, frame.Marker, frame.Payload.Span);
}
