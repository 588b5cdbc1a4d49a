using System.Buffers;
using System.Text.Json;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Frames as JSON, one a line: what a program reads that wants more than the audio.</summary>
internal static class FrameLines
{
    public static void Write(Frame frame, IBufferWriter<byte> output)
    {
        using (Utf8JsonWriter json = new(output))
        {
            json.WriteStartObject();
            json.WriteString("kind", frame.Kind.ToString().ToLowerInvariant());
            json.WriteNumber("leg", frame.Leg);
            json.WriteNumber("arrivalMs", frame.ArrivalMs);
            json.WriteNumber("chunk", frame.Chunk);
            json.WriteBoolean("signed", frame.IsSigned);
            WriteContent(frame, json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void WriteContent(Frame frame, Utf8JsonWriter json)
    {
        switch (frame.Kind)
        {
            case FrameKind.Format:
                json.WriteString("label", frame.Format!.Label);
                json.WriteStartArray("payloadTypes");
                foreach (PayloadType type in frame.Format.PayloadTypes)
                {
                    json.WriteStartObject();
                    json.WriteNumber("number", type.Number);
                    json.WriteString("codec", type.Codec);
                    json.WriteNumber("clockRate", type.ClockRate);
                    json.WriteNumber("channels", type.Channels);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;
            case FrameKind.Gap:
                json.WriteNumber("durationMs", frame.GapDurationMs);
                json.WriteString("reason", frame.GapReason.ToString());
                break;
            default:
                json.WriteBoolean("marker", frame.Marker);
                json.WriteNumber("payloadType", frame.PayloadType);
                json.WriteNumber("sequence", frame.Sequence);
                json.WriteNumber("timestamp", frame.Timestamp);
                json.WriteNumber("ssrc", frame.Ssrc);
                json.WriteString("payload", Convert.ToHexStringLower(frame.Payload.Span));
                break;
        }
    }
}
