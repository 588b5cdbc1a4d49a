using System.Collections;
using System.Text;

namespace ZeroKnowledge.Calls;

/// <summary>
/// Whom recordings are wrapped to: single recipients and k-of-n groups, together 1 to 32 and at most 64 public keys, none twice; immutable and
/// thread-safe. Two at the least are advised, one of them kept offline for recovery. As a list it has the single recipients.
/// </summary>
public sealed class Recipients : IReadOnlyList<Recipient>
{
    /// <summary>The most public keys, those of groups' members included: 64. With them every envelope fits the format's limit.</summary>
    public const int MaxKeys = 64;

    private readonly Recipient[] _recipients;
    private readonly RecipientGroup[] _groups;

    private Recipients(Recipient[] recipients, RecipientGroup[] groups)
    {
        int count = recipients.Length + groups.Length, keys = recipients.Length + groups.Sum(group => group.Members.Count);
        if (count is 0 or > Format.MaxStanzas)
        {
            throw new FormatException($"There must be 1 to {Format.MaxStanzas} recipients, not {count}.");
        }

        if (keys > MaxKeys)
        {
            throw new FormatException($"Recipients and members of groups are {keys} public keys; there may be {MaxKeys}.");
        }

        if (recipients.Distinct().Count() != recipients.Length)
        {
            throw new FormatException("A recipient stands twice in the list.");
        }

        if (groups.DistinctBy(group => Convert.ToHexString(group.Tag)).Count() != groups.Length)
        {
            throw new FormatException("A group stands twice in the list.");
        }

        _recipients = recipients;
        _groups = groups;
        StanzaSize = recipients.Sum(Stanza.SizeFor) + groups.Sum(Stanza.SizeFor);
    }

    /// <summary>How many single recipients there are, 0 to 32.</summary>
    public int Count => _recipients.Length;

    /// <summary>True if one of the keys is classical (P-256): a quantum computer then opens what is wrapped to these, whatever the other keys are.</summary>
    public bool IsClassical => Keys.Any(recipient => recipient.IsClassical);

    /// <summary>The groups of whom k members together can open a recording, 0 to 32.</summary>
    public IReadOnlyList<RecipientGroup> Groups => _groups;

    private IEnumerable<Recipient> Keys => _recipients.Concat(_groups.SelectMany(group => group.Members));

    internal int StanzaCount => _recipients.Length + _groups.Length;

    internal int StanzaSize { get; }

    /// <summary>The single recipient at a position, from 0.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> − 1.</param>
    public Recipient this[int index] => _recipients[index];

    /// <summary>Makes a list without groups.</summary>
    /// <param name="recipients">1 to 32, none twice.</param>
    /// <exception cref="FormatException">None, too many, or one twice.</exception>
    public static Recipients Of(params ReadOnlySpan<Recipient> recipients) => new(recipients.ToArray(), []);

    /// <summary>Makes a list.</summary>
    /// <param name="recipients">Single recipients, none twice.</param>
    /// <param name="groups">Groups; together with the single recipients 1 to 32.</param>
    /// <exception cref="FormatException">None, too many, or one twice.</exception>
    public static Recipients Of(IReadOnlyList<Recipient> recipients, IReadOnlyList<RecipientGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        ArgumentNullException.ThrowIfNull(groups);
        return new([.. recipients], [.. groups]);
    }

    /// <summary>Reads recipient strings, one a line; a line <c>group 3 of 5</c> makes a group of the five recipients after it; lines that begin with <c>#</c> are comments.</summary>
    /// <param name="text">The text of a recipients file.</param>
    /// <exception cref="FormatException">A line is none of that; the message names the line.</exception>
    public static Recipients Parse(string text)
    {
        RecipientLines lines = new();
        KeyFile.Parse(text, lines.Add);
        return new([.. lines.Recipients], [.. lines.Groups()]);
    }

    /// <summary>Reads a recipients file of at most 1 MiB, as <see cref="Parse"/> does.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">A line is not a recipient or a group; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Recipients Load(string path)
    {
        RecipientLines lines = new();
        KeyFile.Load(path, lines.Add);
        try
        {
            return new([.. lines.Recipients], [.. lines.Groups()]);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Whether a key is on this list, alone or as a member of a group.</summary>
    /// <param name="recipient">The key.</param>
    public bool Names(Recipient recipient)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        return Keys.Contains(recipient);
    }

    /// <summary>Puts one key in the place of another in a recipients file; its comments, groups and access rights stay, and links lead where they led. A reader sees the old file, or the new one, which is durable when this returns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="old">The key that goes; recordings stay wrapped to it until they are rotated.</param>
    /// <param name="with">The key that takes its place.</param>
    /// <exception cref="FormatException">The file is not one of recipients, does not have the old key, or has the new one already.</exception>
    /// <exception cref="IOException">The file cannot be read or replaced; <see cref="UnauthorizedAccessException"/> if that is not allowed.</exception>
    public static void Replace(string path, Recipient old, Recipient with)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(with);
        // Refuses what is not a list of recipients, too.
        if (!Load(path).Names(old))
        {
            throw new FormatException($"{path}: It does not have the key that is to be replaced.");
        }

        string replaced = Encoding.UTF8.GetString(BoundedFile.Read(path, Format.MaxKeyFile)).Replace(old.ToString(), with.ToString(), StringComparison.Ordinal);
        _ = Parse(replaced);
        KeyFile.Replace(path, replaced);
    }

    /// <inheritdoc/>
    public IEnumerator<Recipient> GetEnumerator() => ((IEnumerable<Recipient>)_recipients).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The text of a recipients file; <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach (Recipient recipient in _recipients)
        {
            text.Append(recipient).Append('\n');
        }

        foreach (RecipientGroup group in _groups)
        {
            text.Append(RecipientLines.GroupWord).Append(group).Append('\n').AppendJoin('\n', group.Members).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>No single lost key loses what is wrapped to these.</summary>
    private bool SurvivesLostKey => StanzaCount > 1 || (_groups is [var group] && group.Threshold < group.Members.Count);

    /// <summary>Why recordings are not wrapped to these, for people; null if they are.</summary>
    internal string? Refusal(bool allowSingle, bool allowMixed) =>
        !SurvivesLostKey && !allowSingle
            ? "The recipients are such that whoever loses one key loses every recording. Add a recovery recipient, or set AllowSingleRecipient."
            : MixedRefusal(allowMixed);

    /// <summary>Why nothing is wrapped to these, as far as classical keys are concerned; null if it is.</summary>
    internal string? MixedRefusal(bool allowMixed) => IsClassical && !allowMixed
        ? "A recipient's key is classical (P-256): a quantum computer would open what is wrapped to it, whatever the other keys are. Use post-quantum keys only, or set AllowMixedSecurity."
        : null;

    /// <summary>Whether a stanza is for a recipient, or a whole group, of this list; by its tag.</summary>
    internal bool Has(Stanza stanza) => Opens(stanza, without: null);

    /// <summary>Whether an envelope is wrapped to these and to nobody else; by their tags.</summary>
    internal bool AreThoseOf(KeyEnvelope envelope) =>
        envelope.Stanzas.Count == StanzaCount && envelope.Stanzas.All(Has)
        && envelope.Stanzas.Select(stanza => Convert.ToHexString(stanza.Tag.Span)).Distinct(StringComparer.Ordinal).Count() == StanzaCount;

    /// <summary>A sentence for each stanza of an envelope that is for nobody on this list.</summary>
    internal List<string> Strangers(KeyEnvelope envelope) => [.. envelope.Stanzas.Where(stanza => !Has(stanza)).Select(stanza =>
        $"The key envelope is wrapped to somebody who is not on the list of recipients ({stanza.Kind}, tag {Convert.ToHexStringLower(stanza.Tag.Span)}). If that is no former recipient, somebody changed the gateway's file; rotate.")];

    /// <summary>Whether recipients of this list can open a stanza without one of them.</summary>
    internal bool Opens(Stanza stanza, Recipient? without) => stanza.Kind switch
    {
        StanzaKind.Group => _groups.Any(group =>
            stanza.Tag.Span.SequenceEqual(group.Tag) && group.Members.Count(member => !member.Equals(without)) >= group.Threshold),
        _ => _recipients.Any(recipient => !recipient.Equals(without) && stanza.NamesAlone(recipient)),
    };
}
