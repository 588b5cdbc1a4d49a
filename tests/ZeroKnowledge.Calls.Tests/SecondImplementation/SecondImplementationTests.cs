using System.Diagnostics;
using System.Text.Json;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Both directions with the Python implementation, which was written from docs/FORMAT.md and shares no code: each reads what the other wrote, frame by frame.</summary>
public sealed class SecondImplementationTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-second").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData("aes")]
    [InlineData("aegis")]
    public async Task Read_WhatPythonWrote_IsAsItExpects(string suite)
    {
        Run("write", _folder, "--suite", suite, "--seed", "1");
        TrustList trust = TrustList.Load(Path.Combine(_folder, "trust.txt"));
        IReadOnlyList<Identity> identities = Identity.LoadAll(Path.Combine(_folder, "identities.txt"));
        using JsonDocument expected = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "expected.json")));
        int recordings = 0, frames = 0;
        foreach (JsonProperty entry in expected.RootElement.EnumerateObject())
        {
            string path = Path.Combine(_folder, entry.Name);
            Assert.True(KeyEnvelope.TryParse(await File.ReadAllBytesAsync(path + ".zkenv"), out KeyEnvelope? envelope, out string? error), error);
            foreach (Identity identity in identities.Where(identity => envelope.Names(identity.Recipient)))
            {
                await using Recording recording = await Recording.OpenFileAsync(
                    path + ".zkc", new ReaderOptions { Trust = trust, Identity = identity, Envelope = envelope });
                RecordingReport report = await recording.VerifyAsync();
                Assert.Equal(
                    (entry.Name, entry.Value.GetProperty("state").GetString(), entry.Value.GetProperty("chunks").GetInt32(), entry.Value.GetProperty("signed").GetInt32()),
                    (entry.Name, report.State.ToString(), report.Chunks, report.Signed));
                string[] wanted = [.. (await File.ReadAllLinesAsync(path + ".frames.jsonl")).Select(Wanted)];
                Assert.Equal(entry.Value.GetProperty("frames").GetInt32(), wanted.Length);
                Assert.Equal(wanted, await ReadAsync(recording));
                frames += wanted.Length;
            }

            recordings++;
        }

        foreach (Identity identity in identities)
        {
            identity.Dispose();
        }

        Assert.True(recordings >= 20 && frames > 1_000, $"{recordings} recordings, {frames} frames");
    }

    [SkippableTheory]
    [InlineData(Suite.Aes256Gcm)]
    [InlineData(Suite.Aegis256)]
    public async Task Python_ReadsWhatWasWritten_EveryFrame(Suite suite)
    {
        using TestKeys keys = new();
        await File.WriteAllTextAsync(Path.Combine(_folder, "trust.txt"), keys.Trust.ToString());
        string identities = Path.Combine(_folder, "identities.txt");
        using Identity card = Identity.GenerateP256();
        keys.Active.Save(identities);
        await File.AppendAllTextAsync(identities, $"{keys.Recovery.ExportSecret()}\n{card.ExportSecret()}\n");
        RecordingPolicy policy = new()
        {
            Recipients = Recipients.Of(keys.Active.Recipient, keys.Recovery.Recipient, card.Recipient), Gateway = keys.Gateway, Suite = suite, CheckpointEvery = 4, AllowMixedSecurity = true,
        };
        foreach (int chunks in new[] { 0, 1, 5, 70 })
        {
            TestRecording recording = TestRecording.Write(keys, policy, [Leg.Pcma("caller"), Leg.Pcma("assistant")], chunks, framesPerChunk: 50, EndReason.Completed, "call-1", default);
            string path = Path.Combine(_folder, $"calls-{chunks}");
            await using Recording opened = await recording.OpenAsync();
            await opened.SaveAsync(path + ".zkc");
            await File.WriteAllBytesAsync(path + ".zkenv", recording.Envelope.ToArray());
            int[] sequence = new int[2];
            await File.WriteAllLinesAsync(path + ".frames.jsonl", recording.Written.Select(frame =>
            {
                int number = sequence[frame.Leg]++;
                return $$"""{"leg":{{frame.Leg}},"kind":"audio","payloadType":8,"sequence":{{(ushort)number}},"timestamp":{{number * 160}},"payload":"{{Convert.ToHexStringLower(frame.Payload)}}"}""";
            }));
        }

        Assert.Contains("0 different", Run("check", _folder), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(Suite.Aes256Gcm, true)]
    [InlineData(Suite.Aegis256, false)]
    public async Task Python_ReadsGrantsAndErasedEnvelopes_ExactlyTheirFrames(Suite suite, bool withMetadata)
    {
        using TestKeys keys = new();
        using Identity grantee = Identity.Generate();
        string trust = Path.Combine(_folder, "trust.txt"), granted = Path.Combine(_folder, "grantee.txt"), active = Path.Combine(_folder, "active.txt");
        await File.WriteAllTextAsync(trust, keys.Trust.ToString());
        grantee.Save(granted);
        keys.Active.Save(active);
        TestRecording recording = TestRecording.Small(keys, 21, suite);
        await using Recording owner = await recording.OpenAsync();
        Grant grant = await owner.CreateGrantAsync(
            new ChunkRange(5, 17), Recipients.Of(grantee.Recipient), keys.Owner, new GrantOptions { WithMetadata = withMetadata, Purpose = "Prüfung" });
        string range = Path.Combine(_folder, "x.zkrange"), whole = Path.Combine(_folder, "x.zkc"), file = Path.Combine(_folder, "x.zkgrant"), frames = Path.Combine(_folder, "x.jsonl");
        grant.Save(file);
        await owner.SaveRangeAsync(range, grant);
        await owner.SaveAsync(whole);
        foreach (string[] arguments in (string[][])[["grant", range], ["grant", whole, "--grant", file]])
        {
            string said = Run([.. arguments, "--identity", granted, "--trust", trust, "--frames", frames]);
            Assert.Contains("\"state\": \"Range\"", said, StringComparison.Ordinal);
            Assert.Equal(withMetadata, said.Contains("call-1", StringComparison.Ordinal));
            await AssertPayloadsAsync(recording, chunk => chunk is >= 5 and < 17, frames);
        }

        using OpenedEnvelope opened = EnvelopeReader.OpenBody(recording.Envelope, recording.ParsedHeader, keys.Active);
        string envelope = Path.Combine(_folder, "x.zkenv");
        await File.WriteAllBytesAsync(envelope, opened.Without([new ChunkRange(2, 9), new ChunkRange(11, 12)], keys.Policy().Recipients).ToArray());
        Assert.Contains("\"envelopeForm\": 2", Run("decrypt", whole, "--envelope", envelope, "--identity", active, "--trust", trust, "--frames", frames), StringComparison.Ordinal);
        await AssertPayloadsAsync(recording, chunk => chunk is not ((>= 2 and < 9) or 11), frames);
    }

    private static async Task AssertPayloadsAsync(TestRecording recording, Func<int, bool> there, string frames)
    {
        List<string> payloads = [];
        foreach (string line in await File.ReadAllLinesAsync(frames))
        {
            using JsonDocument frame = JsonDocument.Parse(line);
            if (frame.RootElement.TryGetProperty("payload", out JsonElement payload))
            {
                payloads.Add(payload.GetString()!);
            }
        }

        Assert.Equal(recording.Written.Index().Where(frame => there(frame.Index)).Select(frame => Convert.ToHexStringLower(frame.Item.Payload)), payloads);
    }

    private static string Wanted(string line)
    {
        using JsonDocument frame = JsonDocument.Parse(line);
        JsonElement f = frame.RootElement;
        return $"{f.GetProperty("leg")} {f.GetProperty("kind")} {f.GetProperty("payloadType")} {f.GetProperty("sequence")} {f.GetProperty("timestamp")} {f.GetProperty("payload")}";
    }

    private static async Task<List<string>> ReadAsync(Recording recording)
    {
        List<string> frames = [];
        try
        {
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                if (frame.Kind is FrameKind.Audio or FrameKind.Event)
                {
                    string kind = frame.Kind == FrameKind.Audio ? "audio" : "event";
                    frames.Add($"{frame.Leg} {kind} {frame.PayloadType} {frame.Sequence} {frame.Timestamp} {Convert.ToHexStringLower(frame.Payload.Span)}");
                }
            }
        }
        catch (TamperedException e) when (e.Message.Contains("truncated", StringComparison.Ordinal))
        {
            // What came before was verified and is what the other implementation releases.
        }

        return frames;
    }

    private static string Run(params string[] arguments)
    {
        Engines.Require(File.Exists(Python) && Succeeds(Python, "-c", "import cryptography"), "python3-cryptography of Debian 12");
        string root = Path.Combine(Root(), "tests", "second-implementation", "zkc1.py");
        string sodium = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libsodium.so");
        using Process process = Start(Python, [root, .. arguments, "--sodium", sodium]);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"exit {process.ExitCode}: {output}{errors.GetAwaiter().GetResult()}");
        return output;
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    // From the test's own folder upwards: a build for CI does not know where its sources were.
    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ZeroKnowledge.Calls.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run within the repository.");
    }
}
