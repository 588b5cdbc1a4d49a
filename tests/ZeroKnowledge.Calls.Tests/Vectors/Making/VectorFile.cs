using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>One file of <c>tests/vectors</c>; its README says what the members mean. Bytes are lower-case hexadecimal.</summary>
internal sealed record VectorFile
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        // The files are for people, too; nothing of them goes into HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public required string Comment { get; init; }

    public required string Section { get; init; }

    public required string Trust { get; init; }

    public string? CoreId { get; init; }

    public IReadOnlyList<string>? Identities { get; init; }

    public string? Passphrase { get; init; }

    public string? Envelope { get; init; }

    public string? Grant { get; init; }

    public string? Header { get; init; }

    public string? OpeningRecord { get; init; }

    public IReadOnlyList<string>? Statements { get; init; }

    public IReadOnlyList<string>? Chunks { get; init; }

    public string? ClosingRecord { get; init; }

    public string? Container { get; init; }

    public IReadOnlyList<string>? Register { get; init; }

    public string? RegisterEnvelope { get; init; }

    public IReadOnlyList<string>? Shares { get; init; }

    public required VectorOutcome Expected { get; init; }

    public VectorOutcome? Verifier { get; init; }

    public static VectorFile Load(string path) =>
        JsonSerializer.Deserialize<VectorFile>(File.ReadAllBytes(path), Options) ?? throw new InvalidOperationException($"{path} is empty.");

    public string ToJson() => JsonSerializer.Serialize(this, Options) + "\n";
}

/// <summary>What a reader must find. Members that are null are not compared.</summary>
internal sealed record VectorOutcome
{
    public string? Refused { get; init; }

    public string? State { get; init; }

    public string? Reason { get; init; }

    public int? Chunks { get; init; }

    public int? Verified { get; init; }

    public int? Signed { get; init; }

    public IReadOnlyList<int>? Corrupt { get; init; }

    public IReadOnlyList<int>? RefusedStatements { get; init; }

    public IReadOnlyList<int>? NoKey { get; init; }

    public IReadOnlyList<int>? Gaps { get; init; }

    public int? Frames { get; init; }

    public bool? Finding { get; init; }

    public bool? OpeningReleased { get; init; }

    public bool? ClosingReleased { get; init; }

    public VectorOpening? Opening { get; init; }

    public VectorClosing? Closing { get; init; }

    public IReadOnlyList<VectorFrame>? Content { get; init; }
}

internal sealed record VectorOpening(
    string CallId, ulong StartedMs, IReadOnlyList<VectorLeg> Legs, IReadOnlyList<VectorParty> Parties, IReadOnlyList<VectorTag> Tags);

internal sealed record VectorLeg(string Label, IReadOnlyList<VectorPayloadType> PayloadTypes)
{
    public static VectorLeg Of(Leg leg) => new(leg.Label, [.. leg.PayloadTypes.Select(t => new VectorPayloadType(t.Number, t.Codec, t.ClockRate, t.Channels))]);
}

internal sealed record VectorPayloadType(int Number, string Codec, long ClockRate, int Channels);

internal sealed record VectorParty(int Leg, string Name, string Address);

internal sealed record VectorTag(string Key, string Value);

internal sealed record VectorClosing(ulong EndedMs, string Reason, long Frames, long DroppedFrames, long GapMs);

/// <summary>A frame that a reader releases: which members there are depends on the kind.</summary>
internal sealed record VectorFrame
{
    public required int Chunk { get; init; }

    public required bool Signed { get; init; }

    public required string Kind { get; init; }

    public required int Leg { get; init; }

    public required long ArrivalMs { get; init; }

    public bool? Marker { get; init; }

    public int? PayloadType { get; init; }

    public int? Sequence { get; init; }

    public long? Timestamp { get; init; }

    public long? Ssrc { get; init; }

    public string? Payload { get; init; }

    public VectorLeg? Format { get; init; }

    public long? DurationMs { get; init; }

    public int? Reason { get; init; }

    public static VectorFrame Of(Frame frame, int chunk, bool signed)
    {
        bool media = frame.Kind is FrameKind.Audio or FrameKind.Event;
        bool gap = frame.Kind == FrameKind.Gap;
        return new VectorFrame
        {
            Chunk = chunk,
            Signed = signed,
            Kind = frame.Kind.ToString().ToLowerInvariant(),
            Leg = frame.Leg,
            ArrivalMs = frame.ArrivalMs,
            Marker = media ? frame.Marker : null,
            PayloadType = media ? frame.PayloadType : null,
            Sequence = media ? frame.Sequence : null,
            Timestamp = media ? frame.Timestamp : null,
            Ssrc = media ? frame.Ssrc : null,
            Payload = media ? Convert.ToHexStringLower(frame.Payload.Span) : null,
            Format = frame.Format is { } leg ? VectorLeg.Of(leg) : null,
            DurationMs = gap ? frame.GapDurationMs : null,
            Reason = gap ? (int)frame.GapReason : null,
        };
    }
}
