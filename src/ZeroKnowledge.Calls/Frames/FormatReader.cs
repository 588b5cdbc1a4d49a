using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace ZeroKnowledge.Calls;

// The body of a format frame: label length, label, count, count × (payload type, clock rate u32, channels, name length, name).
internal static class FormatReader
{
    private const int TypeHead = 7;

    /// <summary>Checks the body at the start of the bytes. Returns its size, or 0 and what is wrong. Allocates nothing.</summary>
    public static int Measure(ReadOnlySpan<byte> source, out string? error)
    {
        error = "a format ends early";
        if (source.IsEmpty || source.Length < 1 + source[0] + 1)
        {
            return 0;
        }

        int at = 1 + source[0];
        ReadOnlySpan<byte> label = source[1..at];
        if (label.Length > Format.MaxLabel || !Utf8.IsValid(label))
        {
            error = "a label has more than 64 bytes or is not UTF-8";
            return 0;
        }

        int count = source[at++];
        if (count is 0 or > Format.MaxPayloadTypes)
        {
            error = "a format has not 1 to 16 payload types";
            return 0;
        }

        for (int i = 0, last = -1; i < count; i++)
        {
            if (source.Length - at < TypeHead || source.Length - at - TypeHead < source[at + TypeHead - 1])
            {
                return 0;
            }

            ReadOnlySpan<byte> type = source.Slice(at, TypeHead + source[at + TypeHead - 1]);
            if (Refuse(type, last) is { } reason)
            {
                error = reason;
                return 0;
            }

            last = type[0];
            at += type.Length;
        }

        error = null;
        return at;
    }

    /// <summary>Reads a body that was measured.</summary>
    public static Leg Read(ReadOnlySpan<byte> body)
    {
        string label = Encoding.UTF8.GetString(body.Slice(1, body[0]));
        body = body[(1 + body[0])..];
        var types = new PayloadType[body[0]];
        body = body[1..];
        for (int i = 0; i < types.Length; i++)
        {
            int name = body[TypeHead - 1];
            string codec = Encoding.ASCII.GetString(body.Slice(TypeHead, name));
            types[i] = new PayloadType(body[0], codec, (int)BinaryPrimitives.ReadUInt32BigEndian(body[1..]), body[5]);
            body = body[(TypeHead + name)..];
        }

        return new Leg(label, types);
    }

    private static string? Refuse(ReadOnlySpan<byte> type, int last)
    {
        if (type[0] > LegFormat.MaxPayloadType || type[0] <= last)
        {
            return "payload types are not 0 to 127 and strictly ascending";
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(type[1..]) is 0 or > int.MaxValue)
        {
            return "a clock rate is not 1 to 2^31 - 1";
        }

        if (type[5] == 0)
        {
            return "a payload type has no channels";
        }

        ReadOnlySpan<byte> name = type[TypeHead..];
        return name.Length is 0 or > Format.MaxCodecName || name.ContainsAnyExceptInRange((byte)'!', (byte)'~')
            ? "a codec name is not 1 to 32 bytes of printable ASCII"
            : null;
    }
}
