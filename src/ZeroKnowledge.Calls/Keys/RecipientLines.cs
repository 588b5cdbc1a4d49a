using System.Globalization;

namespace ZeroKnowledge.Calls;

/// <summary>Collects the lines of a recipients file (docs/FORMAT.md, section 10): recipients, and groups of those that follow their line.</summary>
internal sealed class RecipientLines
{
    public const string GroupWord = "group ";

    private readonly List<RecipientGroup> _groups = [];
    private readonly List<Recipient> _members = [];
    private int _threshold;
    private int _missing;

    public List<Recipient> Recipients { get; } = [];

    /// <exception cref="FormatException">The line is neither a recipient nor the beginning of a group.</exception>
    public void Add(ReadOnlySpan<char> line)
    {
        if (line.StartsWith(GroupWord, StringComparison.Ordinal))
        {
            RequireWhole();
            Begin(line[GroupWord.Length..]);
            return;
        }

        Recipient recipient = Recipient.Parse(line);
        if (_missing == 0)
        {
            Recipients.Add(recipient);
            return;
        }

        _members.Add(recipient);
        if (--_missing == 0)
        {
            _groups.Add(RecipientGroup.Of(_threshold, [.. _members]));
            _members.Clear();
        }
    }

    /// <exception cref="FormatException">The last group has fewer members than it says.</exception>
    public IReadOnlyList<RecipientGroup> Groups()
    {
        RequireWhole();
        return _groups;
    }

    private void Begin(ReadOnlySpan<char> text)
    {
        int separator = text.IndexOf(" of ", StringComparison.Ordinal);
        if (separator < 0 || !TryParse(text[..separator], out _threshold) || !TryParse(text[(separator + 4)..], out _missing)
            || _threshold < Shamir.MinThreshold || _threshold > _missing || _missing > Shamir.MaxShares)
        {
            _missing = 0;
            throw new FormatException($"A group is written \"group 3 of 5\", with {Shamir.MinThreshold} ≤ k ≤ n ≤ {Shamir.MaxShares}, and its members follow, one a line.");
        }
    }

    private static bool TryParse(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private void RequireWhole()
    {
        if (_missing > 0)
        {
            throw new FormatException($"A group of {_threshold} of {_members.Count + _missing} lacks {_missing} members.");
        }
    }
}
