using System.Buffers;
using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls export</c>: a recording, or what a grant opens of it, as audio, frames, or still encrypted.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string> Name = new("RECORDING") { Description = "An id ('zkcalls ls' shows them; 'latest'), a .zkc file, or a grant." };

    private static readonly Option<string?> Output = new("--output", "-o") { Description = "The file to write; '-' for standard output. Default: the recording's id, and .wav.", HelpName = "FILE" };

    private static readonly Option<string?> Format = new("--format")
    {
        Description = "wav (G.711 and L16), frames (JSON lines: every frame as it came), or zkc (still encrypted). Default: by the file's ending (.wav, .jsonl, .zkc), else wav.", HelpName = "FORMAT",
    };

    private static readonly Option<string?> From = new("--from") { Description = "Where to begin: 90s, 1:30 or 1:02:03.5 from the beginning of the call.", HelpName = "TIME" };

    private static readonly Option<string?> To = new("--to") { Description = "Where to end.", HelpName = "TIME" };

    public static Command Create() => new Verb(
        "export",
        "Decrypts a recording, or a part of it, into a WAV file or JSON lines; or fetches it as it is. Exit code 1: there is no audio to be had, or the recording is truncated; 3: it is altered.",
        ["zkcalls export latest -o call.wav", "zkcalls export 9f3c01 --from 1:30 --to 1:40 -o - | play -t wav -", "zkcalls export part.zkgrant --identity auditor.txt -o part.wav", "zkcalls export latest -o call.zkc"],
        [Name, Output, Format, From, To, .. Desk.Keys, .. Desk.Files, .. ArchiveOptions.All],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        (TimeSpan? from, TimeSpan? to) = (TimeText.Position("--from", invocation.Get(From)), TimeText.Position("--to", invocation.Get(To)));
        string format = FormatOf(invocation.Get(Format), invocation.Get(Output));
        if (format == "zkc" && (from is not null || to is not null))
        {
            throw new UserException("A .zkc file is a whole recording. For a part of one, still encrypted: 'zkcalls grant --with-chunks'.");
        }

        if (invocation.Get(Output) == "-" && invocation.Terminal.IsJson)
        {
            throw new UserException("--json and --output - both want standard output: give --output a file.");
        }

        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            Opened opened = await Opened.OpenAsync(desk, invocation.Get(Name), withKey: format != "zkc", invocation.CancellationToken).ConfigureAwait(false);
            await using (opened.Recording.ConfigureAwait(false))
            {
                string output = invocation.Get(Output) ?? $"{opened.Name}.{(format == "frames" ? "jsonl" : format)}";
                NewFile.Refuse(output);
                RecordingReport report = await invocation.Terminal.ProgressAsync(
                    "Verifying", opened.Recording.Chunks, bar => opened.Recording.VerifyAsync(new ChunkProgress(bar), invocation.CancellationToken)).ConfigureAwait(false);
                long frames = await invocation.Terminal.ProgressAsync("Exporting", null, _ => WriteAsync(opened.Recording, output, format, from, to, invocation.CancellationToken)).ConfigureAwait(false);
                bool isWhole = format == "zkc" || !await LacksKeysAsync(opened.Recording, report, from, to, invocation.CancellationToken).ConfigureAwait(false);
                return Finish(invocation.Terminal, opened, report, output, format == "zkc" ? null : frames, isWhole);
            }
        }
    }

    // Whether some of what was asked for has no key any more. Of a part, what lies certainly within it.
    private static async Task<bool> LacksKeysAsync(Recording recording, RecordingReport report, TimeSpan? from, TimeSpan? to, CancellationToken cancellationToken)
    {
        ChunkRange[] missing = [.. report.Ranges.Where(range => range.Status is RangeStatus.Erased or RangeStatus.NoKey).Select(range => range.Range)];
        if (missing.Length == 0 || ReportText.ExitCodeOf(report) != ExitCode.Ok)
        {
            return missing.Length > 0;
        }

        ChunkRange asked = from is null && to is null ? recording.Range : await recording.FindWithinAsync(from ?? TimeSpan.Zero, to, cancellationToken).ConfigureAwait(false);
        return missing.Any(range => range.First < asked.End && range.End > asked.First);
    }

    private static int Finish(Terminal terminal, Opened opened, RecordingReport report, string output, long? frames, bool isWhole)
    {
        RangeFinding[] missing = [.. report.Ranges.Where(range => range.Status != RangeStatus.Gap)];
        JsonObject json = ReportText.ToJson(opened, report);
        json["file"] = output;
        json["frames"] = frames;
        json["missing"] = new JsonArray([.. missing.Select(range => new JsonObject { ["first"] = range.Range.First, ["end"] = range.Range.End, ["why"] = range.Status.ToString() })]);
        terminal.Result(json, () =>
        {
            // Beside the result, which may go to standard output.
            terminal.Note($"{opened.Name}: {report.State}, {ReportText.Counted(report)}. {(output == "-" ? "" : $"Written: {output}.")}");
            foreach (RangeFinding range in missing)
            {
                terminal.Note($"{range.Status}: {RangeText.Shown(range.Range, opened.Recording.Header.Tick)}.");
            }

            if (opened.Recording.IsClassical == true)
            {
                terminal.Note($"Its keys are {RecipientText.Classical}.");
            }

            foreach (string finding in report.Findings)
            {
                terminal.Note(finding);
            }
        });
        if (frames != 0)
        {
            return Math.Max(isWhole ? ExitCode.Ok : ExitCode.Finding, ReportText.ExitCodeOf(report));
        }

        terminal.Error("There is no audio in it that could be read.");
        return Math.Max(ExitCode.Finding, ReportText.ExitCodeOf(report));
    }

    private static string FormatOf(string? given, string? output) => (given, Path.GetExtension(output)) switch
    {
        ("wav" or "frames" or "zkc", _) => given,
        (not null, _) => throw new UserException($"--format '{given}' is none of wav, frames and zkc."),
        (_, ".zkc") => "zkc",
        (_, ".jsonl") => "frames",
        _ => "wav",
    };

    private static async Task<long> WriteAsync(Recording recording, string output, string format, TimeSpan? from, TimeSpan? to, CancellationToken cancellationToken)
    {
        long frames = 0;
        await NewFile.WriteAsync(output, async stream =>
        {
            switch (format)
            {
                case "zkc":
                    await recording.SaveAsync(stream, cancellationToken).ConfigureAwait(false);
                    break;
                case "frames":
                    frames = await WriteFramesAsync(recording, stream, from, to, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    frames = await recording.ExportWavAsync(stream, from, to, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }).ConfigureAwait(false);
        return frames;
    }

    private static async Task<long> WriteFramesAsync(Recording recording, Stream stream, TimeSpan? from, TimeSpan? to, CancellationToken cancellationToken)
    {
        long count = 0;
        ArrayBufferWriter<byte> line = new();
        await foreach (Frame frame in recording.ReadFramesAsync(from, to, cancellationToken).ConfigureAwait(false))
        {
            count += frame.Kind is FrameKind.Audio or FrameKind.Event ? 1 : 0;
            FrameLines.Write(frame, line);
            await stream.WriteAsync(line.WrittenMemory, cancellationToken).ConfigureAwait(false);
            line.ResetWrittenCount();
        }

        return count;
    }
}
