using Spectre.Console;
using Spectre.Console.Rendering;

namespace LiveGateway;

/// <summary>What the user sees. With <c>--json</c> nothing: standard output is for the object alone.</summary>
internal sealed class Screen
{
    private const int RedirectedWidth = 160;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _console;

    public Screen(bool isSilent)
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(isSilent ? TextWriter.Null : Console.Out),
            ColorSystem = isSilent ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        IsLive = !isSilent && !Console.IsOutputRedirected && _console.Profile.Capabilities.Ansi;
        if (!IsLive)
        {
            // Nobody's window: lines are not broken.
            _console.Profile.Width = RedirectedWidth;
        }
    }

    /// <summary>The table can be redrawn in place.</summary>
    public bool IsLive { get; }

    public void Head(string text) => _console.Write(new Paragraph($"\n{text}\n", new Style(decoration: Decoration.Bold)));

    public void Line(string text) => _console.Write(new Paragraph($"  {text}\n"));

    /// <summary>A line that says whether something holds.</summary>
    public void Check(bool holds, string text)
    {
        _console.Write(new Paragraph(holds ? "  ok  " : "  NO  ", new Style(holds ? Color.Green : Color.Red, decoration: Decoration.Bold)).Append($"{text}\n"));
    }

    public void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new() { Border = TableBorder.None };
        foreach (string head in heads)
        {
            table.AddColumn(new TableColumn(new Text(head, new Style(decoration: Decoration.Underline))) { Padding = new Padding(2, 0, 1, 0), NoWrap = true });
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => (IRenderable)new Text(cell)));
        }

        _console.Write(table);
    }

    /// <summary>Shows something that changes until a task ends: redrawn in place, or, where that cannot be, as a line each second.</summary>
    public async Task FollowAsync(Func<IRenderable> draw, Func<string> tell, Task until)
    {
        if (IsLive)
        {
            await _console.Live(draw()).StartAsync(async live =>
            {
                while (!until.IsCompleted)
                {
                    await Task.WhenAny(until, Task.Delay(Refresh));
                    live.UpdateTarget(draw());
                }
            });
        }
        else
        {
            while (await Task.WhenAny(until, Task.Delay(TimeSpan.FromSeconds(1))) != until)
            {
                Line(tell());
            }

            Line(tell());
        }

        await until;
    }
}
