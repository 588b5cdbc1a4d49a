using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>What was verified of a recording, and which exit code says so.</summary>
internal static class ReportText
{
    public static int ExitCodeOf(RecordingReport report) => report.State switch
    {
        RecordingState.NotVerified or RecordingState.Forked or RecordingState.Corrupt => ExitCode.NotAuthentic,
        RecordingState.Truncated => ExitCode.Finding,
        _ => report.Findings.Count == 0 ? ExitCode.Ok : ExitCode.Finding,
    };

    public static JsonObject ToJson(Opened opened, RecordingReport report) => new()
    {
        ["recording"] = opened.Name,
        ["state"] = report.State.ToString(),
        ["endReason"] = report.EndReason == EndReason.None ? null : report.EndReason.ToString(),
        ["chunks"] = report.Chunks,
        ["range"] = RangeText.ToJson(report.Range),
        ["verified"] = report.Verified,
        ["signed"] = report.Signed,
        ["classical"] = opened.Recording.IsClassical,
        ["registerChecked"] = report.RegisterChecked,
        ["corruptChunks"] = new JsonArray([.. report.CorruptChunks.Select(chunk => JsonValue.Create(chunk))]),
        ["findings"] = new JsonArray([.. report.Findings.Select(finding => JsonValue.Create(finding))]),
    };

    public static string Counted(RecordingReport report) => report.State == RecordingState.Range
        ? $"chunks {report.Range.First} to {report.Range.End - 1} of a recording of {report.Chunks}: {report.Verified} verified"
        : $"{report.Verified} of {report.Chunks} chunks verified";

    public static void Write(Terminal terminal, Opened opened, RecordingReport report)
    {
        terminal.Line($"{opened.Name}: {report.State}{(report.EndReason == EndReason.None ? "" : $" ({report.EndReason.ToString().ToLowerInvariant()})")}, "
            + $"{Counted(report)}, {report.Signed} signed live{(report.RegisterChecked ? ", as the register has it" : "; no register was asked")}.");
        if (report.CorruptChunks.Count > 0)
        {
            terminal.Line($"Corrupt: chunks {string.Join(", ", report.CorruptChunks.Take(20))}{(report.CorruptChunks.Count > 20 ? ", …" : "")}.");
        }

        if (opened.Recording.IsClassical == true)
        {
            terminal.Line($"Its keys are {RecipientText.Classical}.");
        }

        foreach (string finding in report.Findings)
        {
            terminal.Line(finding);
        }
    }
}
