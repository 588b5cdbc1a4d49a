using System.Buffers.Binary;
using Google.Protobuf;
using ZeroKnowledge.Calls.Protos;

namespace ZeroKnowledge.Calls;

/// <summary>The opening and the closing record: canonical Protobuf, padded to a fixed size (docs/FORMAT.md, section 7).</summary>
internal static class MetadataRecord
{
    private static readonly ulong MaxSpanMs = (ulong)TimeSpan.MaxValue.TotalMilliseconds - 1;

    /// <summary>Refuses at once what could not be written later.</summary>
    /// <exception cref="ArgumentException">The metadata is invalid or too large.</exception>
    public static void Check(CallMetadata metadata)
    {
        Span<byte> padded = stackalloc byte[Format.OpeningPadded];
        WriteOpening(metadata, DateTimeOffset.MaxValue, padded);
        padded.Clear();
    }

    /// <summary>Writes the padded message into 4,096 bytes.</summary>
    /// <exception cref="ArgumentException">The metadata is invalid or too large.</exception>
    public static void WriteOpening(CallMetadata metadata, DateTimeOffset begun, Span<byte> padded)
    {
        ArgumentException.ThrowIfNullOrEmpty(metadata.CallId, "metadata.CallId");
        if (metadata.Legs.Count > Format.MaxLegs)
        {
            throw new ArgumentException($"A recording has at most {Format.MaxLegs} legs, not {metadata.Legs.Count}.", nameof(metadata));
        }

        if (metadata.Parties.FirstOrDefault(party => party.Leg is < 0 or >= Format.MaxLegs) is { } stranger)
        {
            throw new ArgumentException($"A party speaks on a leg from 0 to {Format.MaxLegs - 1}, not {stranger.Leg}.", nameof(metadata));
        }

        OpeningRecord record = new() { CallId = metadata.CallId, StartedMs = UnixTime.ToMs(metadata.Started ?? begun) };
        record.Legs.AddRange(metadata.Legs.Select(ToProto));
        record.Parties.AddRange(metadata.Parties.Select(party => new Protos.Party { Leg = checked((uint)party.Leg), Name = party.Name, Address = party.Address }));
        record.Tags.AddRange(metadata.Tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value }).OrderBy(tag => tag, ByKeyBytes));
        Pad(record, padded, "metadata of the call");

        // A writer that seals what every reader refuses would lose the metadata: half a surrogate pair would be replaced on the way.
        if (ReadOpening(padded) is not { } read || !SameText(read, metadata))
        {
            padded.Clear();
            throw new ArgumentException("A text of the call's metadata is not well-formed Unicode.", nameof(metadata));
        }
    }

    /// <summary>Writes the padded message into 1,024 bytes.</summary>
    public static void WriteClosing(CallSummary summary, Span<byte> padded) => Pad(
        new ClosingRecord
        {
            EndedMs = UnixTime.ToMs(summary.Ended),
            Reason = (uint)summary.Reason,
            Frames = (ulong)summary.Frames,
            DroppedFrames = (ulong)summary.DroppedFrames,
            GapMs = (ulong)summary.Gaps.TotalMilliseconds,
        },
        padded,
        "closing record");

    /// <returns>Null if the bytes are not a canonical opening record.</returns>
    public static CallMetadata? ReadOpening(ReadOnlySpan<byte> padded)
    {
        if (!TryUnpad(padded, OpeningRecord.Parser, out OpeningRecord? record) || record.Legs.Count > Format.MaxLegs
            || record.Parties.Any(party => party.Leg >= Format.MaxLegs)
            || record.Legs.Any(leg => leg.PayloadTypes.Zip(leg.PayloadTypes.Skip(1)).Any(pair => pair.First.Number >= pair.Second.Number))
            || record.Tags.Zip(record.Tags.Skip(1)).Any(pair => ByKeyBytes.Compare(pair.First, pair.Second) >= 0))
        {
            return null;
        }

        try
        {
            return new CallMetadata
            {
                CallId = record.CallId,
                Legs = [.. record.Legs.Select(FromProto)],
                Started = UnixTime.FromMs(record.StartedMs),
                Parties = [.. record.Parties.Select(party => new Party((int)party.Leg, party.Name, party.Address))],
                Tags = record.Tags.ToDictionary(tag => tag.Key, tag => tag.Value),
            };
        }
        catch (ArgumentException)
        {
            // A leg that the limits of section 1 forbid.
            return null;
        }
    }

    /// <returns>Null if the bytes are not a canonical closing record.</returns>
    public static CallSummary? ReadClosing(ReadOnlySpan<byte> padded) =>
        TryUnpad(padded, ClosingRecord.Parser, out ClosingRecord? record)
        && record.Reason is >= (uint)EndReason.Completed and <= (uint)EndReason.Continued
            ? new CallSummary(
                UnixTime.FromMs(record.EndedMs),
                (EndReason)record.Reason,
                // What .NET's types cannot hold is shown as the most that they can.
                (long)Math.Min(record.Frames, long.MaxValue),
                (long)Math.Min(record.DroppedFrames, long.MaxValue),
                TimeSpan.FromMilliseconds(Math.Min(record.GapMs, MaxSpanMs)))
            : null;

    private static bool SameText(CallMetadata a, CallMetadata b) =>
        a.CallId == b.CallId && a.Parties.SequenceEqual(b.Parties) && a.Tags.Count == b.Tags.Count
        && a.Tags.All(tag => b.Tags.TryGetValue(tag.Key, out string? value) && value == tag.Value);

    private static Comparer<Tag> ByKeyBytes { get; } =
        Comparer<Tag>.Create((a, b) => System.Text.Encoding.UTF8.GetBytes(a.Key).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b.Key)));

    private static Protos.Leg ToProto(Leg leg)
    {
        Protos.Leg result = new() { Label = leg.Label };
        result.PayloadTypes.AddRange(leg.PayloadTypes.Select(type => new Protos.PayloadType
        {
            Number = (uint)type.Number,
            Codec = type.Codec,
            ClockRate = (uint)type.ClockRate,
            Channels = (uint)type.Channels,
        }));
        return result;
    }

    private static Leg FromProto(Protos.Leg leg) => new(
        leg.Label,
        [.. leg.PayloadTypes.Select(type => new PayloadType(
            (int)Math.Min(type.Number, 128), type.Codec, type.ClockRate <= int.MaxValue ? (int)type.ClockRate : 0, (int)Math.Min(type.Channels, 256)))]);

    private static void Pad(IMessage message, Span<byte> padded, string what)
    {
        int size = message.CalculateSize();
        if (size > padded.Length - 2)
        {
            throw new ArgumentException($"The {what} takes {size} bytes; at most {padded.Length - 2} fit. Shorten names or tags.");
        }

        padded.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(padded, (ushort)size);
        message.WriteTo(padded.Slice(2, size));
    }

    // The message must be what we would write: a reader that accepted another encoding would make two files of one.
    private static bool TryUnpad<T>(ReadOnlySpan<byte> padded, MessageParser<T> parser, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        message = null;
        int size = BinaryPrimitives.ReadUInt16BigEndian(padded);
        if (size > padded.Length - 2 || padded[(2 + size)..].IndexOfAnyExcept((byte)0) >= 0)
        {
            return false;
        }

        ReadOnlySpan<byte> encoded = padded.Slice(2, size);
        try
        {
            T parsed = parser.WithDiscardUnknownFields(true).ParseFrom(encoded);
            if (parsed.CalculateSize() != size || !parsed.ToByteArray().AsSpan().SequenceEqual(encoded))
            {
                return false;
            }

            message = parsed;
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
