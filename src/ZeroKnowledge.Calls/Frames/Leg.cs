using System.Text;

namespace ZeroKnowledge.Calls;

/// <summary>The format of one direction of a call's audio: a label and its RTP payload types. Immutable and thread-safe; equal by value.</summary>
public sealed class Leg : IEquatable<Leg>
{
    private const int EventNumber = 101;
    private const int L16Number = 96;
    private const int OpusNumber = 111;

    private readonly PayloadType[] _payloadTypes;

    /// <summary>Describes a leg.</summary>
    /// <param name="label">A name for people, such as "caller": 0 to 64 bytes of UTF-8. It is encrypted like the audio.</param>
    /// <param name="payloadTypes">1 to 16 payload types with different numbers, in any order.</param>
    /// <exception cref="ArgumentException">A limit of docs/FORMAT.md, section 1, is exceeded.</exception>
    public Leg(string label, params IReadOnlyList<PayloadType> payloadTypes)
    {
        ArgumentNullException.ThrowIfNull(label);
        ArgumentNullException.ThrowIfNull(payloadTypes);
        CheckLabel(label);
        if (payloadTypes.Count is 0 or > Format.MaxPayloadTypes)
        {
            throw new ArgumentException($"A leg has 1 to {Format.MaxPayloadTypes} payload types, not {payloadTypes.Count}.", nameof(payloadTypes));
        }

        _payloadTypes = [.. payloadTypes.OrderBy(type => type.Number)];
        for (int i = 0; i < _payloadTypes.Length; i++)
        {
            if (Refuse(_payloadTypes[i]) is { } reason)
            {
                throw new ArgumentException($"Payload type {_payloadTypes[i].Number} {reason}.", nameof(payloadTypes));
            }

            if (i > 0 && _payloadTypes[i].Number == _payloadTypes[i - 1].Number)
            {
                throw new ArgumentException($"Payload type {_payloadTypes[i].Number} is declared twice.", nameof(payloadTypes));
            }
        }

        Label = label;
        PayloadTypes = Array.AsReadOnly(_payloadTypes);
    }

    /// <summary>The leg's name for people.</summary>
    public string Label { get; }

    /// <summary>The payload types, by ascending number.</summary>
    public IReadOnlyList<PayloadType> PayloadTypes { get; }

    /// <summary>As a format frame: once for all calls that have this leg.</summary>
    internal LegFormat Encoded => field ??= new LegFormat(this);

    /// <summary>G.711 A-law, payload type 8 (RFC 3551), with telephone events as 101.</summary>
    /// <param name="label">A name for people: 0 to 64 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The label is too long.</exception>
    public static Leg Pcma(string label) => WithEvents(label, new PayloadType(8, "PCMA", 8_000));

    /// <summary>G.711 µ-law, payload type 0 (RFC 3551), with telephone events as 101.</summary>
    /// <param name="label">A name for people: 0 to 64 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The label is too long.</exception>
    public static Leg Pcmu(string label) => WithEvents(label, new PayloadType(0, "PCMU", 8_000));

    /// <summary>Linear 16-bit samples in network byte order (RFC 3551, section 4.5.11), payload type 96, with telephone events as 101.</summary>
    /// <param name="label">A name for people: 0 to 64 bytes of UTF-8.</param>
    /// <param name="clockRate">Samples a second, in Hz; 8,000 by default.</param>
    /// <param name="channels">Audio channels: 1 to 255; 1 by default.</param>
    /// <exception cref="ArgumentException">A limit is exceeded.</exception>
    public static Leg L16(string label, int clockRate = 8_000, int channels = 1) =>
        WithEvents(label, new PayloadType(L16Number, "L16", clockRate, channels));

    /// <summary>Opus, payload type 111, 48,000 Hz and 2 channels as RFC 7587 has it for every stream, with telephone events as 101.</summary>
    /// <param name="label">A name for people: 0 to 64 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The label is too long.</exception>
    public static Leg Opus(string label) => WithEvents(label, new PayloadType(OpusNumber, "opus", 48_000, 2));

    /// <summary>Label and payload types are the same; codec names with the same case.</summary>
    public bool Equals(Leg? other) => other is not null && Label == other.Label && _payloadTypes.AsSpan().SequenceEqual(other._payloadTypes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Leg);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Label, _payloadTypes.Length, _payloadTypes[0]);

    /// <summary>Label and codecs, for people.</summary>
    public override string ToString() => $"{Label} ({string.Join(", ", _payloadTypes.Select(type => type.Codec))})";

    /// <summary>Label and payload types are the same.</summary>
    public static bool operator ==(Leg? left, Leg? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Label or payload types differ.</summary>
    public static bool operator !=(Leg? left, Leg? right) => !(left == right);

    private static Leg WithEvents(string label, PayloadType audio) =>
        new(label, audio, new PayloadType(EventNumber, LegFormat.TelephoneEvent, audio.ClockRate));

    private static void CheckLabel(string label)
    {
        int bytes;
        try
        {
            bytes = LegFormat.Utf8.GetByteCount(label);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The label is not well-formed Unicode.", nameof(label), e);
        }

        if (bytes > Format.MaxLabel)
        {
            throw new ArgumentException($"A label has at most {Format.MaxLabel} bytes of UTF-8, not {bytes}.", nameof(label));
        }
    }

    private static string? Refuse(PayloadType type) => type switch
    {
        { Number: < 0 or > LegFormat.MaxPayloadType } => "is not 0 to 127",
        { Codec: null or { Length: 0 or > Format.MaxCodecName } } => "has a codec name that is not 1 to 32 characters long",
        _ when type.Codec.AsSpan().ContainsAnyExceptInRange('!', '~') => "has a codec name that is not printable ASCII without spaces",
        { ClockRate: < 1 } => "has a clock rate below 1 Hz",
        { Channels: < 1 or > byte.MaxValue } => "has not 1 to 255 channels",
        _ => null,
    };
}
