using Spectre.Console;
using Spectre.Console.Rendering;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>What the user sees. Text from elsewhere is shown without its control characters: it must not steer the terminal.</summary>
internal sealed class Terminal
{
    private const int RedirectedWidth = 200;

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings());

    public Terminal()
    {
        if (!_console.Profile.Out.IsTerminal)
        {
            // Nobody's window: lines are not broken.
            _console.Profile.Width = RedirectedWidth;
        }
    }

    public void Line(string text) => _console.Profile.Out.Writer.WriteLine(Shown(text));

    /// <summary>Exactly this, for programs.</summary>
    public void Raw(string text) => _console.Profile.Out.Writer.WriteLine(text);

    public void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new() { Border = TableBorder.None };
        foreach (string head in heads)
        {
            table.AddColumn(new TableColumn(new Text(head, new Style(decoration: Decoration.Underline))) { Padding = new Padding(0, 0, 2, 0) });
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => (IRenderable)new Text(Shown(cell))));
        }

        _console.Write(table);
    }

#pragma warning disable RS0030 // a program, other than a library, has a console of its own
    public static TextWriter Error => Console.Error;
#pragma warning restore RS0030

    private static string Shown(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
