using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ZeroKnowledge.Calls.Tool;

#pragma warning disable RS0030 // a program, other than a library, has a console of its own

/// <summary>What the user sees. Text from elsewhere is shown without its control characters: it must not steer the terminal.</summary>
/// <param name="isJson">Standard output is for one JSON object.</param>
internal sealed class Terminal(bool isJson = false)
{
    private const int RedirectedWidth = 4_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly IAnsiConsole _output = Open(Console.Out);
    private readonly IAnsiConsole _error = Open(Console.Error);

    public bool IsJson { get; } = isJson;

    /// <summary>Whether a passphrase, or a confirmation, can be asked for.</summary>
    public bool CanAsk => !Console.IsInputRedirected && _error.Profile.Out.IsTerminal;

    /// <summary>Gives the result: the object for programs, or what the action writes for people.</summary>
    public void Result(JsonObject json, Action text)
    {
        if (IsJson)
        {
            Json(json);
        }
        else
        {
            text();
        }
    }

    public void Line(string text) => _output.Profile.Out.Writer.WriteLine(Shown(text));

    /// <summary>Exactly this, for programs.</summary>
    public void Raw(string text) => _output.Profile.Out.Writer.WriteLine(text);

    public void Json(JsonObject json) => Raw(json.ToJsonString(Indented));

    /// <summary>Beside the result: what to know, or to do next.</summary>
    public void Note(string text)
    {
        if (!IsJson)
        {
            Error(text);
        }
    }

    public void Error(string text) => _error.Profile.Out.Writer.WriteLine(Shown(text));

    public void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new() { Border = TableBorder.None };
        foreach (string head in heads)
        {
            // The first column is what a row is called by: on a narrow terminal it stays in one piece, to be copied.
            bool isName = table.Columns.Count == 0;
            table.AddColumn(new TableColumn(new Text(head, new Style(decoration: Decoration.Underline))) { Padding = new Padding(0, 0, 2, 0), NoWrap = isName });
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => (IRenderable)new Text(Shown(cell))));
        }

        _output.Write(table);
    }

    /// <summary>Names and values, one a line.</summary>
    public void Fields(IEnumerable<(string Name, string Value)> fields)
    {
        (string Name, string Value)[] all = [.. fields];
        int width = all.Max(field => field.Name.Length);
        foreach ((string name, string value) in all)
        {
            Line($"{name.PadRight(width)}  {value}");
        }
    }

    /// <summary>Shows a bar while something runs, on a terminal only; the work gives how much of the total is done.</summary>
    public async Task<T> ProgressAsync<T>(string title, double? total, Func<IProgress<double>, Task<T>> work)
    {
        if (!_error.Profile.Out.IsTerminal)
        {
            return await work(new Silent()).ConfigureAwait(false);
        }

        return await _error.Progress().AutoClear(true).StartAsync(context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: total ?? 1);
            task.IsIndeterminate = total is null;
            return work(total is null ? new Counter(title, task) : new Bar(task));
        }).ConfigureAwait(false);
    }

    /// <summary>Asks on the terminal; anything but "yes" is no.</summary>
    public bool Confirm(string question)
    {
        _error.Profile.Out.Writer.Write($"{Shown(question)} Type yes: ");
        return Console.ReadLine()?.Trim() == "yes";
    }

    /// <summary>Reads a line from the terminal without showing it; the caller wipes it.</summary>
    public char[] AskSecret(string prompt)
    {
        _error.Profile.Out.Writer.Write($"{prompt}: ");
        using SecretLine line = new();
        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                line.RemoveLast();
            }
            else if (!char.IsControl(key.KeyChar))
            {
                line.Add(key.KeyChar);
            }
        }

        _error.Profile.Out.Writer.WriteLine();
        return line.ToArray();
    }

    private static IAnsiConsole Open(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
        {
            // Nobody's window: lines are not broken.
            console.Profile.Width = RedirectedWidth;
        }

        return console;
    }

    private static string Shown(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    private sealed class Silent : IProgress<double>
    {
        public void Report(double value)
        {
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }

    // Of how many is not known: the number itself is shown.
    private sealed class Counter(string title, ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Description = Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{title}: {value:N0}"));
    }
}
