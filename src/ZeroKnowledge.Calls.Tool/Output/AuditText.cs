using System.Globalization;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>An audit's report for people.</summary>
internal static class AuditText
{
    public static void Write(AuditReport report, Terminal terminal)
    {
        terminal.Line($"Archive {report.Archive ?? "(not verified)"}, region {report.Region ?? "(not verified)"}: {report.Registered} recordings of the register compared, {report.Listed} listed by the archive, {Seconds(report.Elapsed)}.");
        terminal.Table(["verdict", "recordings", ""], report.Totals.OrderBy(total => total.Key).Select(total =>
            (IReadOnlyList<string>)[total.Key.ToString(), total.Value.ToString(CultureInfo.InvariantCulture), total.Key >= AuditVerdict.Missing ? "to look at" : ""]));
        if (report.WorstExposure is { } exposure)
        {
            terminal.Line($"Recovery point without the gateways: {Seconds(exposure)} (recording {report.MostExposed}).");
        }

        foreach (string finding in report.ArchiveFindings)
        {
            terminal.Line($"Archive: {finding}");
        }

        foreach (AuditedRecording recording in report.Findings)
        {
            terminal.Line($"{recording.Verdict} {recording.CoreId}{(recording.Header is { } header ? $", begun {header.Begun:u}" : "")}: {recording.Chunks} of {recording.Signed} chunks. {string.Join(" ", recording.Details)}");
        }

        if (report.NotWell > report.Findings.Count)
        {
            terminal.Line($"… and {report.NotWell - report.Findings.Count} more.");
        }

        if (report.Drill is { } drill)
        {
            Write(drill, terminal);
        }

        terminal.Line(report.IsWell ? "All is well." : "Not all is well: see docs/AUDIT.md for what each finding means and what to do.");
    }

    private static void Write(RestoreDrill drill, Terminal terminal)
    {
        terminal.Line($"Restore drill: {drill.Restored} of {drill.Recordings.Count} restored, picked at random from {drill.PickedFrom}. First audio after {Seconds(drill.FirstAudio)}, the sample after {Seconds(drill.Elapsed)}, recovery point {Seconds(drill.Rpo)}.");
        terminal.Table(["recording", "chunks", "first audio", "whole", "recovery point", ""], drill.Recordings.Select(recording => (IReadOnlyList<string>)
        [
            recording.CoreId.ToString()[..16], recording.Chunks.ToString(CultureInfo.InvariantCulture), Seconds(recording.FirstAudio), Seconds(recording.Elapsed), Seconds(recording.Rpo),
            recording.IsRestored ? "restored" : recording.Finding ?? "",
        ]));
    }

    private static string Seconds(TimeSpan? time) => time is { } span ? span.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) + " s" : "–";
}
