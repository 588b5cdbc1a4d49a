namespace ZeroKnowledge.Calls;

/// <summary>
/// Recipients of whom any <see cref="Threshold"/> together can open a recording, and fewer cannot: a recovery key without a single holder (docs/FORMAT.md,
/// section 9). 2 ≤ k ≤ n ≤ 16; immutable and thread-safe.
/// </summary>
public sealed class RecipientGroup
{
    private readonly Recipient[] _members;
    private readonly byte[] _tag;

    private RecipientGroup(int threshold, Recipient[] members)
    {
        if (threshold < Shamir.MinThreshold || threshold > members.Length || members.Length > Shamir.MaxShares)
        {
            throw new FormatException($"A group is k of n recipients with {Shamir.MinThreshold} ≤ k ≤ n ≤ {Shamir.MaxShares}, not {threshold} of {members.Length}.");
        }

        if (members.Distinct().Count() != members.Length)
        {
            throw new FormatException("A recipient stands twice in a group: its holder would have two shares.");
        }

        Threshold = threshold;
        _members = members;
        _tag = Stanza.GroupTag(threshold, members.SelectMany(member => member.Tag.ToArray()).ToArray());
    }

    /// <summary>How many members must come together, 2 to 16.</summary>
    public int Threshold { get; }

    /// <summary>The members, 2 to 16, none twice.</summary>
    public IReadOnlyList<Recipient> Members => _members;

    internal ReadOnlySpan<byte> Tag => _tag;

    /// <summary>Makes a group.</summary>
    /// <param name="threshold">How many members must come together, 2 up to their number.</param>
    /// <param name="members">2 to 16, none twice.</param>
    /// <exception cref="FormatException">A number is out of range, or a member stands twice.</exception>
    public static RecipientGroup Of(int threshold, params ReadOnlySpan<Recipient> members) => new(threshold, members.ToArray());

    /// <summary>Such as "3 of 5".</summary>
    public override string ToString() => $"{Threshold} of {_members.Length}";
}
