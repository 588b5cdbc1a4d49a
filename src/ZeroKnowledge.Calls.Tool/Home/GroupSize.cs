using System.Globalization;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>How many members a group of keys has, and how many of them open a recording.</summary>
internal readonly record struct GroupSize(int Threshold, int Members)
{
    /// <exception cref="UserException">It is not like 3of5.</exception>
    public static GroupSize? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        string[] parts = text.Split("of");
        return parts.Length == 2 && Number(parts[0]) is { } k && Number(parts[1]) is { } n && k >= 2 && n >= k && n <= 16
            ? new GroupSize(k, n)
            : throw new UserException($"--group '{text}' is not like 3of5: 2 to 16 members, and at least 2 of them.");
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
