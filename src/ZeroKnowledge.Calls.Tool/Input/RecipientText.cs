namespace ZeroKnowledge.Calls.Tool;

/// <summary>How a user names one recipient: its string, a file that holds it, an identity file, which has it as a comment, or the PEM file of a P-256 public key.</summary>
internal static class RecipientText
{
    public const string Classical = "CLASSICAL (P-256): a quantum computer would open it";

    private const string Comment = "# recipient: ";
    private const string PemStart = "-----BEGIN ";

    private static readonly string[] Starts = ["age1pq1", "zkcp2561"];

    public static bool IsPem(string text) => text.Contains(PemStart, StringComparison.Ordinal);

    /// <exception cref="UserException">It is none of that.</exception>
    public static Recipient Read(string option, string text) => IsString(text)
        ? Parse(option, text, Recipient.Parse)
        : InputFile.Read(option, text, path => Find(option, path), $"Give a file, or a string that begins with {string.Join(" or ", Starts)}.");

    private static Recipient Find(string option, string path)
    {
        string text = InputFile.ReadText(path);
        if (IsPem(text))
        {
            return Parse(option, text, Recipient.FromPem);
        }

        string[] found = [.. text.Split('\n').Select(line => line.Trim()).Select(line => line.StartsWith(Comment, StringComparison.Ordinal) ? line[Comment.Length..] : line).Where(IsString).Distinct()];
        return found.Length == 1 ? Parse(option, found[0], Recipient.Parse) : throw new UserException($"{option} '{path}' names {found.Length} recipients; one is expected.");
    }

    private static bool IsString(string text) => Starts.Any(start => text.StartsWith(start, StringComparison.Ordinal));

    private static Recipient Parse(string option, string text, Func<string, Recipient> parse)
    {
        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            throw new UserException($"{option}: {e.Message}", e);
        }
    }
}
