namespace ZeroKnowledge.Calls;

/// <summary>
/// What is known of a call when its recording begins. Encrypted in the opening record, which holds 4,094 bytes of encoded message: more is refused when
/// the call begins. Immutable once given to a recorder.
/// </summary>
public sealed class CallMetadata
{
    /// <summary>The integrator's id of the call; need not be unique. Recordings of one call are linked only if it is the same.</summary>
    public required string CallId { get; init; }

    /// <summary>The legs, 0 to 15, in the order of their numbers. More can be added while the call runs.</summary>
    public required IReadOnlyList<Leg> Legs { get; init; }

    /// <summary>When the call started; default: when the recording begins.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Who speaks; default: nobody is named.</summary>
    public IReadOnlyList<Party> Parties { get; init; } = [];

    /// <summary>The integrator's own keys and values; default: none.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The same call with one leg changed or added; legs in between have the new one's format until they are set.</summary>
    internal CallMetadata With(int leg, Leg format)
    {
        List<Leg> legs = [.. Legs];
        while (legs.Count <= leg)
        {
            legs.Add(format);
        }

        legs[leg] = format;
        return new CallMetadata { CallId = CallId, Legs = legs, Started = Started, Parties = Parties, Tags = Tags };
    }
}
