using System.Globalization;
using System.Text.Json;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>A command line: a verb, and options with or without a value. What is misspelled is an error, not a default.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    /// <param name="args">The command line after the verb.</param>
    /// <param name="names">The options that the verb knows, beside <c>--json</c>.</param>
    /// <exception cref="ArgumentException">An option that the verb does not know, or one without its value.</exception>
    public Arguments(IReadOnlyList<string> args, params string[] names)
    {
        for (int i = 0; i < args.Count; i++)
        {
            if (args[i] == "--json")
            {
                IsJson = true;
            }
            else if (names.Contains(args[i]) && i + 1 < args.Count)
            {
                _values[args[i]] = args[++i];
            }
            else
            {
                throw new ArgumentException($"'{args[i]}' is not an option here, or lacks its value. Known: --json {string.Join(' ', names)}");
            }
        }
    }

    /// <summary>The result is wanted as JSON.</summary>
    public bool IsJson { get; }

    public int Number(string name, int otherwise) => !_values.TryGetValue(name, out string? text) ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new ArgumentException($"{name} is a whole number, not '{text}'.");

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public Suite Suite() => Text("--suite", "aes") switch
    {
        "aes" => Calls.Suite.Aes256Gcm,
        "aegis" => Calls.Suite.Aegis256,
        _ => throw new ArgumentException("--suite is aes or aegis."),
    };

    /// <summary>Prints a row, as JSON if that was asked for.</summary>
    public void Print<T>(T row) => Console.WriteLine(IsJson ? JsonSerializer.Serialize(row, JsonSerializerOptions.Web) : row?.ToString());
}
