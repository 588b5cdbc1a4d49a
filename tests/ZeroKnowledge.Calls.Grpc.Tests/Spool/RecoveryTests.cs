using Grpc.Net.Client;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What a gateway that died left in its spool, and what the next one makes of it. The spool's folder is copied while the first life goes on: that is what a kill leaves.</summary>
public sealed class RecoveryTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Start_AfterAKill_RecoversWhatWasWritten()
    {
        (string copy, MemoryRegister register, List<string> before, CallWriter call) = await DieAsync("dead", frames: 60);

        await using CallRecorder next = await fixture.StartAsync(fixture.Policy(100), register, folder: copy);
        RecoveredRecording recovered = Assert.Single(next.Recovered);
        Assert.Equal(call.RecordingId, recovered.RecordingId);
        Assert.False(recovered.IsSealed);
        await next.DrainAsync().WaitAsync(Patience);

        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader(register: register));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal(RecordingState.Recovered, report.State);
        Assert.Empty(report.Findings);
        Assert.Equal(before, (await CallRecorderTests.Audio(recording)).Select(frame => frame.Payload).Take(before.Count));
    }

    [Fact]
    public async Task Begin_OfACallThatWasCutOff_GoesOnInALinkedRecording()
    {
        (string copy, MemoryRegister register, List<string> before, CallWriter call) = await DieAsync("goes on", frames: 30);

        await using CallRecorder next = await fixture.StartAsync(fixture.Policy(100), register, folder: copy);
        CallWriter again = next.Begin(new CallMetadata { CallId = "goes on", Legs = [Leg.Pcma("a")] });
        List<string> after = await SpeakAsync(again, 20);
        using (CallWriter other = next.Begin(new CallMetadata { CallId = "goes on", Legs = [Leg.Pcma("a")] }))
        {
            await other.Started.WaitAsync(Patience);
            Assert.True((await register.FindAsync(other.RecordingId)).Single().Header.Previous.IsZero);
        }

        again.Complete();
        await again.Durable.WaitAsync(Patience);
        await next.DrainAsync().WaitAsync(Patience);

        ArchiveClient archive = new(fixture.Channel);
        await using Recording first = await archive.OpenAsync(call.RecordingId, fixture.Reader(register: register));
        await using Recording second = await archive.OpenAsync(again.RecordingId, fixture.Reader(register: register));
        Assert.Equal(RecordingState.Recovered, (await first.VerifyAsync()).State);
        Assert.Equal(RecordingState.Complete, (await second.VerifyAsync()).State);
        LinkedCall whole = LinkedCall.Join(first, second);
        Assert.Single(whole.Seams);
        List<string> heard = [];
        await foreach ((_, Frame frame) in whole.ReadFramesAsync())
        {
            if (frame.Kind == FrameKind.Audio)
            {
                heard.Add(Convert.ToHexString(frame.Payload.Span));
            }
        }

        Assert.Equal(before, heard.Take(before.Count));
        Assert.Equal(after, heard.TakeLast(after.Count));
    }

    [Fact]
    public async Task Start_Twice_MakesOneRecovery()
    {
        (string copy, MemoryRegister register, _, CallWriter call) = await DieAsync("twice", frames: 20);
        using GrpcChannel nobody = GrpcChannel.ForAddress("http://127.0.0.1:9");
        for (int life = 0; life < 2; life++)
        {
            await using CallRecorder away = await fixture.StartAsync(fixture.Policy(100), register, folder: copy, channel: nobody);
            Assert.Single(away.Recovered);
            await away.StopAsync(new CancellationToken(canceled: true));
        }

        await using (CallRecorder last = await fixture.StartAsync(fixture.Policy(100), register, folder: copy))
        {
            await last.DrainAsync().WaitAsync(Patience);
        }

        RegisteredRecording row = (await register.FindAsync(call.RecordingId)).Single();
        Assert.Single(row.Statements.Where(statement => statement.Type == StatementType.Recovery).DistinctBy(statement => Convert.ToHexString(statement.ToArray())));
        await using CallRecorder nothing = await fixture.StartAsync(fixture.Policy(100), register, folder: copy);
        Assert.Empty(nothing.Recovered);
    }

    [Fact]
    public async Task Start_FolderInUse_IsRefused()
    {
        string folder = Path.Combine(fixture.Folder, "in use");
        await using CallRecorder first = await fixture.StartAsync(folder: folder);
        IOException e = await Assert.ThrowsAsync<IOException>(() => fixture.StartAsync(folder: folder));
        Assert.Contains("One recorder has it at a time", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NothingWasRecordedYet_IsForgottenOrKeptAsTheRegisterSays()
    {
        MemoryRegister register = new();
        string folder = Path.Combine(fixture.Folder, "first tick"), copy = folder + "-copy";
        RecordingPolicy slow = fixture.Policy(5_000);
        await using CallRecorder recorder = await fixture.StartAsync(slow, register, folder: folder);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "x", Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        await WrittenAsync(folder);
        Copy(folder, copy);
        Copy(folder, copy + "2");

        await using (CallRecorder knows = await fixture.StartAsync(slow, register, folder: copy))
        {
            Assert.Equal(0, Assert.Single(knows.Recovered).Chunks);
            await knows.DrainAsync().WaitAsync(Patience);
        }

        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader(register: register));
        Assert.Equal(RecordingState.Recovered, (await recording.VerifyAsync()).State);

        await using (CallRecorder knowsNot = await fixture.StartAsync(slow, new MemoryRegister(), folder: copy + "2"))
        {
            Assert.Empty(knowsNot.Recovered);
        }

        call.Discard();
    }

    // A life that is cut off while its archive is away: everything is in the spool only.
    private async Task<(string Folder, MemoryRegister Register, List<string> Accepted, CallWriter Call)> DieAsync(string callId, int frames)
    {
        MemoryRegister register = new();
        string folder = Path.Combine(fixture.Folder, callId), copy = folder + "-copy";
        using GrpcChannel nobody = GrpcChannel.ForAddress("http://127.0.0.1:9");
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(100), register, folder: folder, channel: nobody);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = callId, Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        List<string> accepted = await SpeakAsync(call, frames);
        await Task.Delay(300);
        MemoryRegister left = register.Snapshot();
        Copy(folder, copy);
        await recorder.StopAsync(new CancellationToken(canceled: true));
        return (copy, left, accepted, call);
    }

    private static async Task<List<string>> SpeakAsync(CallWriter call, int frames)
    {
        List<string> accepted = [];
        await call.Started.WaitAsync(Patience);
        for (ushort i = 0; i < frames; i++)
        {
            byte[] payload = new byte[160];
            Random.Shared.NextBytes(payload);
            if (call.WriteRtp(0, RecorderFixture.Rtp(i, i * 160u, 8, payload)) == WriteResult.Accepted)
            {
                accepted.Add(Convert.ToHexString(payload));
            }

            await Task.Delay(20);
        }

        return accepted;
    }

    private static async Task WrittenAsync(string folder)
    {
        long begun = Environment.TickCount64;
        while (!Directory.EnumerateFiles(folder, "journal-*").Any(path => new FileInfo(path).Length > 0))
        {
            Assert.True(Environment.TickCount64 - begun < 60_000, "Nothing is written.");
            await Task.Delay(10);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string path in Directory.EnumerateFiles(from).Where(path => Path.GetFileName(path) != "lock"))
        {
            File.Copy(path, Path.Combine(to, Path.GetFileName(path)));
        }
    }
}
