using System.Collections;

namespace ZeroKnowledge.Calls;

/// <summary>The recipients of a policy: 1 to 32, none twice; immutable and thread-safe. Two at the least are advised, one of them kept offline for recovery.</summary>
public sealed class Recipients : IReadOnlyList<Recipient>
{
    private readonly Recipient[] _recipients;

    private Recipients(Recipient[] recipients)
    {
        if (recipients.Length is 0 or > Format.MaxStanzas)
        {
            throw new FormatException($"There must be 1 to {Format.MaxStanzas} recipients, not {recipients.Length}.");
        }

        if (recipients.Distinct().Count() != recipients.Length)
        {
            throw new FormatException("A recipient stands twice in the list.");
        }

        _recipients = recipients;
    }

    /// <summary>How many there are, 1 to 32.</summary>
    public int Count => _recipients.Length;

    /// <summary>The recipient at a position, from 0.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> − 1.</param>
    public Recipient this[int index] => _recipients[index];

    /// <summary>Makes a list.</summary>
    /// <param name="recipients">1 to 32, none twice.</param>
    /// <exception cref="FormatException">None, too many, or one twice.</exception>
    public static Recipients Of(params ReadOnlySpan<Recipient> recipients) => new(recipients.ToArray());

    /// <summary>Reads recipient strings, one a line; lines that begin with <c>#</c> are comments.</summary>
    /// <param name="text">The text of a recipients file.</param>
    /// <exception cref="FormatException">A line is not a recipient; the message names the line.</exception>
    public static Recipients Parse(string text)
    {
        List<Recipient> recipients = [];
        KeyFile.Parse(text, line => recipients.Add(Recipient.Parse(line)));
        return new Recipients([.. recipients]);
    }

    /// <summary>Reads a recipients file of at most 1 MiB: one recipient a line, <c>#</c> begins a comment.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">A line is not a recipient; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Recipients Load(string path)
    {
        List<Recipient> recipients = [];
        KeyFile.Load(path, line => recipients.Add(Recipient.Parse(line)));
        try
        {
            return new Recipients([.. recipients]);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Recipient> GetEnumerator() => ((IEnumerable<Recipient>)_recipients).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
