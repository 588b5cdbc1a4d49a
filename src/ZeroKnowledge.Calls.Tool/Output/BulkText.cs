using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>What a run over the whole register did, and could not do.</summary>
internal static class BulkText
{
    private const int Shown = 20;

    public static JsonArray ToJson(IEnumerable<CoreId> coreIds) => new([.. coreIds.Select(id => JsonValue.Create(id.ToString()))]);

    public static JsonArray ToJson(IEnumerable<CustodyFailure> failures) =>
        new([.. failures.Select(failure => new JsonObject { ["coreId"] = failure.CoreId.ToString(), ["reason"] = failure.Reason })]);

    public static JsonArray ToJson(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    public static void Write(Terminal terminal, IReadOnlyList<CoreId> coreIds) => Write(terminal, [.. coreIds.Select(id => id.ToString())]);

    public static void Write(Terminal terminal, IReadOnlyList<CustodyFailure> failures) => Write(terminal, [.. failures.Select(failure => $"{failure.CoreId}: {failure.Reason}")]);

    public static void Write(Terminal terminal, IReadOnlyList<string> lines)
    {
        foreach (string line in lines.Take(Shown))
        {
            terminal.Line(line);
        }

        if (lines.Count > Shown)
        {
            terminal.Line($"… and {lines.Count - Shown:N0} more; --json lists all.");
        }
    }
}
