using System.Globalization;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>Options of the command line: a name and a value each.</summary>
internal sealed class RunOptions
{
    private readonly Dictionary<string, string> _values;

    private RunOptions(Dictionary<string, string> values) => _values = values;

    /// <summary>The seed given, or a new one.</summary>
    public int Seed => Take("--seed", Random.Shared.Next());

    /// <exception cref="FormatException">A name without a value, or a value without a name.</exception>
    public static RunOptions Parse(IEnumerable<string> args)
    {
        Dictionary<string, string> values = [];
        foreach (string[] pair in args.Chunk(2))
        {
            if (pair.Length != 2 || !pair[0].StartsWith("--", StringComparison.Ordinal) || !values.TryAdd(pair[0], pair[1]))
            {
                throw new FormatException($"'{pair[0]}' is not an option with a value.");
            }
        }

        return new RunOptions(values);
    }

    /// <exception cref="FormatException">The value is not a whole number.</exception>
    public int Take(string name, int otherwise) =>
        !_values.TryGetValue(name, out string? text) ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : throw new FormatException($"{name} takes a whole number.");

    public string Text(string name) => _values.TryGetValue(name, out string? text) ? text : throw new FormatException($"{name} is missing.");

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);
}
