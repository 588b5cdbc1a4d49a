using System.CommandLine;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>How a user names a recording: by its id, by the beginning of its id or core id, or as the latest of the register.</summary>
internal static class RecordingName
{
    public const string Latest = "latest";

    private const int Shortest = 6;

    public static readonly Argument<string> Argument = new("RECORDING") { Description = "The id of a recording, the first 6 or more characters of it, or 'latest'; see 'zkcalls ls'." };

    public static async Task<RegisteredRecording> FindAsync(Desk desk, string name, CancellationToken cancellationToken)
    {
        bool isLatest = name == Latest;
        if (!isLatest && (name.Length is < Shortest or > 2 * CoreId.Size || !name.All(char.IsAsciiHexDigit)))
        {
            throw new UserException($"'{name}' is neither a file nor the id of a recording. Ids have at least {Shortest} hexadecimal digits; 'zkcalls ls' shows them, and 'latest' is the newest.");
        }

        List<RegisteredRecording> found = [];
        await foreach (RegisteredRecording row in desk.Register.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (isLatest)
            {
                found = [row];
            }
            else if (row.Header.RecordingId.ToString().StartsWith(name, StringComparison.OrdinalIgnoreCase)
                || row.Header.CoreId.ToString().StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                found.Add(row);
            }
        }

        return found.Count == 1 ? found[0]
            : found.Count > 1 ? throw new UserException($"{found.Count} recordings begin with '{name}': give more of the id.")
            : throw new UserException(isLatest ? "The register is empty." : $"The register has no recording '{name}'.");
    }
}
