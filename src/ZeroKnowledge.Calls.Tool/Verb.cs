using System.CommandLine;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>A command of the program: its options, the examples of its help, and what it does.</summary>
internal sealed class Verb : Command
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object, and nothing else, on standard output." };

    /// <param name="name">The command's name.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="examples">Whole command lines.</param>
    /// <param name="symbols">Arguments and options, in the order of the help.</param>
    /// <param name="run">Gives the exit code.</param>
    public Verb(string name, string description, IReadOnlyList<string> examples, IEnumerable<Symbol> symbols, Func<Invocation, Task<int>> run)
        : base(name, description)
    {
        Examples = examples;
        foreach (Symbol symbol in symbols.Append(Json))
        {
            if (symbol is Option option)
            {
                Options.Add(option);
            }
            else
            {
                Arguments.Add((Argument)symbol);
            }
        }

        SetAction((parsed, cancellationToken) => CommandLine.RunAsync(new Invocation(parsed, cancellationToken), run));
    }

    public IReadOnlyList<string> Examples { get; }
}
