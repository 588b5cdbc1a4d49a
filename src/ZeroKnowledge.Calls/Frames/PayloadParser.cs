using System.Diagnostics.CodeAnalysis;

namespace ZeroKnowledge.Calls;

// Reads a chunk's payload: once to check and measure it, and only then to make frames of it.
internal static class PayloadParser
{
    /// <summary>False, with what is wrong and at which frame, for anything that a writer would not have made. Never throws.</summary>
    /// <param name="payload">One payload; it is not kept.</param>
    /// <param name="parsed">The frames, which own their memory.</param>
    /// <param name="error">What is wrong; no content of the payload is in it.</param>
    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out ParsedPayload? parsed, [NotNullWhen(false)] out string? error)
    {
        parsed = null;
        var cursor = new PayloadCursor(payload);
        int bytes = 0;
        while (cursor.TryRead(out RawFrame frame))
        {
            bytes += frame.Media.Payload.Length;
        }

        if (cursor.Error is { } reason)
        {
            error = $"Frame {cursor.Read} of {cursor.Count}: {reason}.";
            return false;
        }

        parsed = Build(new PayloadCursor(payload), bytes);
        error = null;
        return true;
    }

    private static ParsedPayload Build(PayloadCursor cursor, int bytes)
    {
        byte[] backing = new byte[bytes];
        var frames = new Frame[cursor.Count];
        int at = 0;
        for (int i = 0; cursor.TryRead(out RawFrame raw); i++)
        {
            Memory<byte> own = backing.AsMemory(at, raw.Media.Payload.Length);
            raw.Media.Payload.CopyTo(own.Span);
            at += own.Length;
            frames[i] = new Frame(raw.Kind, raw.Leg, raw.Arrival)
            {
                Marker = raw.Media.Marker,
                PayloadType = raw.Media.PayloadType,
                Sequence = raw.Media.Sequence,
                Timestamp = raw.Media.Timestamp,
                Ssrc = raw.Media.Ssrc,
                Payload = own,
                Format = raw.Kind == FrameKind.Format ? FormatReader.Read(raw.Format) : null,
                GapReason = raw.GapReason,
                GapDurationMs = raw.GapDuration,
            };
        }

        return new ParsedPayload(cursor.TickNumber, cursor.EarliestMs, cursor.LatestMs, frames, backing);
    }
}
