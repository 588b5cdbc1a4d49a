using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Payloads of 256 bytes: from frames, or byte by byte where a rule is to be broken.</summary>
internal static class VectorPayload
{
    /// <summary>Leg 0: "caller", payload type 8, PCMA, 8,000 Hz, 1 channel.</summary>
    public static readonly Leg Caller = new("caller", new PayloadType(8, "PCMA", 8000));

    /// <summary>Leg 1: "agent", PCMA, and telephone events as 101.</summary>
    public static readonly Leg Agent = Leg.Pcma("agent");

    public static readonly byte[] CallerFormat = FormatBody("caller", (8, 8000, 1, "PCMA"));

    /// <summary>Chunk i of a recording with a tick of 1,000 ms: a format, and three audio frames of four bytes 20 ms apart: anchor, delta, next.</summary>
    public static byte[] Usual(int chunk) => Bytes(chunk, UsualFrames(chunk));

    public static Frame[] UsualFrames(int chunk)
    {
        long at = chunk * 1000L;
        return
        [
            Format(0, at, Caller),
            Audio(0, at, chunk * 50, chunk * 8000, "00112233"),
            Audio(0, at + 20, (chunk * 50) + 1, (chunk * 8000) + 160, "44556677"),
            Audio(0, at + 40, (chunk * 50) + 2, (chunk * 8000) + 320, "8899aabb"),
        ];
    }

    public static Frame Audio(int leg, long arrival, int sequence, long timestamp, string payload, bool marker = false, int type = 8, uint ssrc = 0x01020304) =>
        Media(FrameKind.Audio, leg, arrival, sequence, timestamp, payload, marker, type, ssrc);

    public static Frame Event(int leg, long arrival, int sequence, long timestamp, string payload, bool marker = false, int type = 101, uint ssrc = 0x01020304) =>
        Media(FrameKind.Event, leg, arrival, sequence, timestamp, payload, marker, type, ssrc);

    public static Frame Format(int leg, long arrival, Leg format) => new(FrameKind.Format, leg, arrival) { Format = format };

    public static Frame Gap(int leg, long arrival, long duration, int reason) =>
        new(FrameKind.Gap, leg, arrival) { GapDurationMs = duration, GapReason = (GapReason)reason };

    /// <summary>The payload of these frames. A payload without frames stands at <paramref name="empty"/>.</summary>
    public static byte[] Bytes(long tick, Frame[] frames, long empty = 0)
    {
        uint earliest = (uint)(frames.Length == 0 ? empty : frames[0].ArrivalMs);
        uint latest = (uint)(frames.Length == 0 ? empty : frames[^1].ArrivalMs);
        return Payloads.Write(new ParsedPayload((uint)tick, earliest, latest, frames, []), VectorForge.PayloadSize);
    }

    /// <summary>A payload of raw frames, each with its type, arrival and content.</summary>
    public static byte[] Raw(uint tick, uint earliest, uint latest, params byte[][] frames) => Raw(tick, earliest, latest, frames.Length, frames);

    public static byte[] Raw(uint tick, uint earliest, uint latest, int count, params byte[][] frames)
    {
        byte[] payload = new byte[VectorForge.PayloadSize];
        BinaryPrimitives.WriteUInt32BigEndian(payload, tick);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(4), earliest);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(8), latest);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(12), (ushort)count);
        int at = 14;
        foreach (byte[] frame in frames)
        {
            frame.CopyTo(payload, at);
            at += frame.Length;
        }

        return payload;
    }

    /// <summary>Type, leg 0, and the arrival after the last frame as one byte.</summary>
    public static byte[] Frame(int type, byte arrival, params byte[] content) => [(byte)(type << 4), arrival, .. content];

    public static byte[] FormatBody(string label, params (int Number, uint ClockRate, int Channels, string Codec)[] types) =>
        Payloads.FormatFrame(label, [.. types.Select(type => (type.Number, type.ClockRate, type.Channels, type.Codec))])[2..];

    /// <summary>Payload type 8, SSRC 01020304.</summary>
    public static byte[] Anchor(ushort sequence, uint timestamp, params byte[] payload)
    {
        byte[] head = [8, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, (byte)payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(1), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(3), timestamp);
        return [.. head, .. payload];
    }

    private static Frame Media(FrameKind kind, int leg, long arrival, int sequence, long timestamp, string payload, bool marker, int type, uint ssrc) =>
        new(kind, leg, arrival)
        {
            Marker = marker,
            PayloadType = type,
            Sequence = (ushort)sequence,
            Timestamp = (uint)timestamp,
            Ssrc = ssrc,
            Payload = Convert.FromHexString(payload),
        };
}
