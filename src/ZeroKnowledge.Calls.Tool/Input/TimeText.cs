using System.Globalization;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Times and positions in a call, as users write them.</summary>
internal static class TimeText
{
    /// <exception cref="UserException">It is not a date, or a date with a time.</exception>
    public static DateTimeOffset? Date(string option, string? text) => text is null ? null
        : DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : throw new UserException($"{option} '{text}' is not a time such as 2026-01-31 or 2026-01-31T18:00:00Z.");

    /// <summary>A position from the beginning of the call: <c>90</c>, <c>90s</c>, <c>1:30</c>, <c>1:02:03.5</c>.</summary>
    /// <exception cref="UserException">It is not a position.</exception>
    public static TimeSpan? Position(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        double seconds = 0;
        string[] parts = text.EndsWith('s') ? [text[..^1]] : text.Split(':');
        foreach (string part in parts)
        {
            if (parts.Length > 3 || !double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            {
                throw new UserException($"{option} '{text}' is not a position in the call such as 90s, 1:30 or 1:02:03.5.");
            }

            seconds = (seconds * 60) + number;
        }

        return seconds <= int.MaxValue / 1_000
            ? TimeSpan.FromMilliseconds(Math.Round(seconds * 1_000))
            : throw new UserException($"{option} '{text}' is beyond the end of any recording.");
    }

    /// <summary>A duration or position for people.</summary>
    public static string Shown(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}{(time.Milliseconds == 0 ? "" : time.ToString("\\.f", CultureInfo.InvariantCulture))}");
}
