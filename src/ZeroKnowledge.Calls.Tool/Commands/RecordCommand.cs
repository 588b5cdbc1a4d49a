using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls record</c>: a WAV file or stream as a call, on the recorder's clock.</summary>
internal static class RecordCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Argument<string> Source = new("FILE") { Description = "A WAV file of 16-bit PCM, A-law or µ-law, one channel for each leg; '-' reads one from standard input until it ends." };

    private static readonly Option<string?> CallId = new("--call-id") { Description = "Your id of the call; it is encrypted. Default: the name of the file.", HelpName = "ID" };

    public static Command Create() => new Verb(
        "record",
        "Records a WAV file, or standard input, as a call: encrypted as it plays, in real time, and stored in the archive.",
        ["zkcalls record call.wav", "sox -q -d -c 2 -r 8000 -b 16 -t wav - | zkcalls record - --call-id desk-17"],
        [Source, CallId, Desk.AllowMixed, .. Desk.Files, .. ArchiveOptions.All],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        string source = invocation.Get(Source);
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            Stream stream = source == "-" ? StandardInput() : InputFile.Read("FILE", source, File.OpenRead);
            await using (stream.ConfigureAwait(false))
            {
                WavReader wav = await WavReader.OpenAsync(source == "-" ? "Standard input" : source, stream, invocation.CancellationToken).ConfigureAwait(false);
                await CheckArchiveAsync(desk, invocation).ConfigureAwait(false);
                using GatewayKey gateway = InputFile.Read("The gateway's key", desk.Home.Gateway, GatewayKey.Load, "'zkcalls keygen' makes it.");
                CallRecorder recorder = await CallRecorder.StartAsync(
                    new CallRecorderOptions
                    {
                        Archives = [desk.Channel],
                        Register = desk.MakeRegister(),
                        Spool = desk.Home.Spool,
                        Trust = desk.Trust,
                        Policy = new RecordingPolicy { Recipients = desk.WrapTo, Gateway = gateway, AllowMixedSecurity = invocation.Get(Desk.AllowMixed) },
                    },
                    invocation.CancellationToken).ConfigureAwait(false);
                await using (recorder.ConfigureAwait(false))
                {
                    return await RecordAsync(invocation, recorder, wav, invocation.Get(CallId) ?? Path.GetFileNameWithoutExtension(source)).ConfigureAwait(false);
                }
            }
        }
    }

    // A gateway records without its archive, too. But an archive that is not trusted is a mistake that is better found before the call.
    private static async Task CheckArchiveAsync(Desk desk, Invocation invocation)
    {
        try
        {
            await desk.Archive.GetInfoAsync(desk.Trust, invocation.CancellationToken).ConfigureAwait(false);
        }
        catch (ArchiveException e) when (e.IsTransient)
        {
            invocation.Terminal.Note($"{e.Message} What is recorded waits in {desk.Home.Spool}.");
        }
        catch (ArchiveException e)
        {
            throw new UserException($"{e.Message} Is its key in {desk.Home.Trust}? 'zkcalls archive key' prints the line where the archive runs.", e);
        }
    }

    private static async Task<int> RecordAsync(Invocation invocation, CallRecorder recorder, WavReader wav, string callId)
    {
        using CallWriter call = recorder.Begin(new CallMetadata { CallId = callId, Legs = wav.Legs });
        TimeSpan length = await invocation.Terminal.ProgressAsync("Recording", wav.Seconds, progress => PlayAsync(call, wav, progress, invocation.CancellationToken)).ConfigureAwait(false);
        call.Complete();
        Receipt receipt;
        try
        {
            receipt = await call.Durable.WaitAsync(Patience, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new UserException($"The archive does not have recording {call.RecordingId} yet: it waits in the spool, and is sent when 'zkcalls record' runs again.", e);
        }

        invocation.Terminal.Result(
            new JsonObject
            {
                ["recordingId"] = call.RecordingId.ToString(),
                ["coreId"] = receipt.CoreId.ToString(),
                ["seconds"] = length.TotalSeconds,
                ["legs"] = wav.Legs.Count,
                ["chunks"] = receipt.ChunkCount,
                ["droppedFrames"] = call.DroppedFrames,
                ["storedAt"] = receipt.Time.ToString("O", CultureInfo.InvariantCulture),
            },
            () => invocation.Terminal.Line($"{call.RecordingId}: {TimeText.Shown(length)} of {wav.Legs.Count} legs in {receipt.ChunkCount} chunks, stored by the archive at {receipt.Time:u}."));
        return call.DroppedFrames == 0 ? ExitCode.Ok : ExitCode.Finding;
    }

    // In real time: when each chunk leaves is a function of the clock, never of how fast a file can be read.
    private static async Task<TimeSpan> PlayAsync(CallWriter call, WavReader wav, IProgress<double> progress, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        int frames = 0;
        long samples = 0;
        try
        {
            for (; await wav.ReadAsync(cancellationToken).ConfigureAwait(false) is { } legs; frames++)
            {
                TimeSpan due = TimeSpan.FromMilliseconds((long)frames * WavReader.FrameMs);
                TimeSpan early = due - Stopwatch.GetElapsedTime(start);
                if (early > TimeSpan.Zero)
                {
                    await Task.Delay(early, cancellationToken).ConfigureAwait(false);
                }

                for (int leg = 0; leg < legs.Length; leg++)
                {
                    call.WriteFrame(leg, wav.PayloadType, unchecked((ushort)frames), unchecked((uint)samples), legs[leg]);
                }

                samples += wav.SamplesPerFrame;
                progress.Report(due.TotalSeconds);
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C is how a live recording ends.
        }

        return TimeSpan.FromMilliseconds((long)frames * WavReader.FrameMs);
    }

#pragma warning disable RS0030 // a program, other than a library, has a console of its own
    private static Stream StandardInput() => Console.OpenStandardInput();
#pragma warning restore RS0030
}
