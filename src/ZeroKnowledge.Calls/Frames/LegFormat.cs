using System.Buffers.Binary;
using System.Text;

namespace ZeroKnowledge.Calls;

// A leg as the body of a format frame: encoded once, when it is declared, so that the media thread only copies.
internal sealed class LegFormat
{
    public const string TelephoneEvent = "telephone-event";
    public const int MaxPayloadType = 127;

    /// <summary>Label length, count.</summary>
    private const int FixedSize = 2;

    /// <summary>Number, clock rate, channels, name length.</summary>
    private const int FixedTypeSize = 7;

    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _body;

    // A bit for each payload type of telephone events: 0 to 63, 64 to 127.
    private readonly ulong _lowEvents;
    private readonly ulong _highEvents;

    public LegFormat(Leg leg)
    {
        ArgumentNullException.ThrowIfNull(leg);
        Leg = leg;
        _body = new byte[BodySize(leg)];
        _body[0] = (byte)Utf8.GetByteCount(leg.Label);
        int at = 1 + Utf8.GetBytes(leg.Label, _body.AsSpan(1));
        _body[at++] = (byte)leg.PayloadTypes.Count;
        foreach (PayloadType type in leg.PayloadTypes)
        {
            _body[at++] = (byte)type.Number;
            BinaryPrimitives.WriteUInt32BigEndian(_body.AsSpan(at), (uint)type.ClockRate);
            at += sizeof(uint);
            _body[at++] = (byte)type.Channels;
            _body[at++] = (byte)type.Codec.Length;
            at += Encoding.ASCII.GetBytes(type.Codec, _body.AsSpan(at));
            if (type.IsCodec(TelephoneEvent))
            {
                ulong bit = 1UL << type.Number;
                _lowEvents |= type.Number < 64 ? bit : 0;
                _highEvents |= type.Number < 64 ? 0 : bit;
            }
        }
    }

    public Leg Leg { get; }

    /// <summary>What follows the type and the arrival in a format frame.</summary>
    public ReadOnlySpan<byte> Body => _body;

    /// <param name="payloadType">0 to 127.</param>
    public bool IsEvent(int payloadType) => ((payloadType < 64 ? _lowEvents : _highEvents) >> payloadType & 1) != 0;

    public bool SameAs(LegFormat other) => ReferenceEquals(this, other) || Body.SequenceEqual(other.Body);

    /// <summary>Size in bytes of <see cref="Body"/>.</summary>
    public static int BodySize(Leg leg) => FixedSize + Utf8.GetByteCount(leg.Label) + leg.PayloadTypes.Sum(type => FixedTypeSize + type.Codec.Length);
}
