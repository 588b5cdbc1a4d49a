namespace ZeroKnowledge.Calls.Tool;

/// <summary>How a user names one recipient: its string, a file that holds it, or an identity file, which has it as a comment.</summary>
internal static class RecipientText
{
    private const string Start = "age1pq1";
    private const string Comment = "# recipient: ";

    /// <exception cref="UserException">It is none of that.</exception>
    public static Recipient Read(string option, string text) => text.StartsWith(Start, StringComparison.Ordinal)
        ? Parse(option, text)
        : InputFile.Read(option, text, path => Parse(option, Find(option, path)), "Give a file, or a string that begins with age1pq1.");

    private static Recipient Parse(string option, string text)
    {
        try
        {
            return Recipient.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UserException($"{option}: {e.Message}", e);
        }
    }

    private static string Find(string option, string path)
    {
        string[] found = [.. File.ReadLines(path).Select(line => line.Trim()).Select(line => line.StartsWith(Comment, StringComparison.Ordinal) ? line[Comment.Length..] : line)
            .Where(line => line.StartsWith(Start, StringComparison.Ordinal)).Distinct()];
        return found.Length == 1 ? found[0] : throw new UserException($"{option} '{path}' names {found.Length} recipients; one is expected.");
    }
}
