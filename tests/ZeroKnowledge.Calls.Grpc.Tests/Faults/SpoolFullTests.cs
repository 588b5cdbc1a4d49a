using Grpc.Net.Client;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A spool that takes no more, by its bound and by a disk that is full: calls go on, what is missing is told, and nothing before it is touched.</summary>
public sealed class SpoolFullTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const int FrameSize = 1_400;

    // A dozen chunks of these calls.
    private const int Bound = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Bound_ReachedWithoutAnArchive_RecordingGoesOnWhenTheArchiveIsBack()
    {
        await using FaultProxy wire = FaultProxy.Start(new Uri(fixture.Address).Port);
        wire.IsHalfOpen = true;
        string folder = Path.Combine(fixture.Folder, "bound");
        await FillAndGoOnAsync(
            wire,
            folder,
            Bound,
            () => Assert.InRange(FilesIn(folder), 1, Bound),
            () => wire.IsHalfOpen = false);
    }

    [SkippableFact]
    public async Task Disk_FullWithoutAnArchive_RecordingGoesOnWhenThereIsSpaceAgain()
    {
        await using SmallDisk disk = await Faulty.DiskAsync(16);
        await using FaultProxy wire = FaultProxy.Start(new Uri(fixture.Address).Port);
        wire.IsHalfOpen = true;
        disk.Fill(leave: 1 << 20);
        await FillAndGoOnAsync(
            wire,
            Path.Combine(disk.Path, "spool"),
            1 << 30,
            () => Assert.InRange(disk.FreeBytes, 0, 1 << 18),
            disk.Empty);
    }

    private async Task FillAndGoOnAsync(FaultProxy wire, string folder, long bound, Action checkFull, Action giveSpace)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(wire.Address);
        MemoryRegister register = new();
        RecordingPolicy policy = new()
        {
            Recipients = fixture.Policy().Recipients, Gateway = fixture.Gateway, Tick = TimeSpan.FromMilliseconds(50), Legs = 1, MaxBitRate = 8_000_000,
        };
        await using CallRecorder recorder = await fixture.StartAsync(policy, register, bound, channel, folder: folder);
        ConcurrentQueue<bool> told = [];
        recorder.SpoolFull += (_, full) => told.Enqueue(full.IsFull);
        WrittenCall first = new(recorder, "first");
        await first.Call.Started.WaitAsync(Patience);
        await first.WriteUntilAsync(result => result == WriteResult.Dropped);
        int before = first.Accepted.Count;
        checkFull();

        // Also a call that begins while nothing can be written.
        WrittenCall second = new(recorder, "second");
        for (int i = 0; i < 100; i++)
        {
            first.Write();
            second.Write();
            await Task.Delay(2);
        }

        giveSpace();
        await first.WriteUntilAsync(result => result == WriteResult.Accepted);
        await second.WriteUntilAsync(result => result == WriteResult.Accepted);
        for (int i = 0; i < 50; i++)
        {
            first.Write();
            second.Write();
            await Task.Delay(2);
        }

        first.Call.Complete();
        second.Call.Complete();
        wire.IsHalfOpen = false;
        await first.Call.Durable.WaitAsync(Patience);
        await second.Call.Durable.WaitAsync(Patience);

        // Told when it began and when it was over.
        Assert.True(told.TryPeek(out bool isFull) && isFull);
        Assert.Contains(false, told);
        List<Frame> frames = await CheckAsync(first, register);
        int gap = frames.FindIndex(frame => frame is { Kind: FrameKind.Gap, GapReason: GapReason.SpoolFull });
        Assert.True(gap >= 0, $"The gaps are of {string.Join(", ", frames.Where(frame => frame.Kind == FrameKind.Gap).Select(frame => frame.GapReason))}.");
        Assert.InRange(frames.Take(gap).Count(frame => frame.Kind == FrameKind.Audio), before, first.Accepted.Count - 1);
        await CheckAsync(second, register);
    }

    /// <summary>Everything that was accepted is there, in order, and what was dropped is told.</summary>
    private async Task<List<Frame>> CheckAsync(WrittenCall written, MemoryRegister register)
    {
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(written.Call.RecordingId, fixture.Reader(register: register));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Complete, EndReason.Completed), (report.State, report.EndReason));
        List<Frame> frames = [];
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            frames.Add(frame);
        }

        Assert.Equal(written.Accepted, frames.Where(frame => frame.Kind == FrameKind.Audio).Select(frame => Convert.ToHexString(SHA256.HashData(frame.Payload.Span))));
        Assert.Equal(written.Dropped, recording.Summary!.DroppedFrames);
        Assert.Equal(written.Dropped, written.Call.DroppedFrames);
        return frames;
    }

    private static long FilesIn(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>A call, and what became of each frame.</summary>
    private sealed class WrittenCall(CallRecorder recorder, string id)
    {
        private ushort _sequence;

        public CallWriter Call { get; } = recorder.Begin(new CallMetadata { CallId = id, Legs = [Leg.Pcma("a")] });

        public List<string> Accepted { get; } = [];

        public int Dropped { get; private set; }

        public WriteResult Write()
        {
            byte[] payload = RandomNumberGenerator.GetBytes(FrameSize);
            WriteResult result = Call.WriteRtp(0, RecorderFixture.Rtp(++_sequence, _sequence * 160u, 8, payload));
            if (result == WriteResult.Accepted)
            {
                Accepted.Add(Convert.ToHexString(SHA256.HashData(payload)));
            }
            else
            {
                Dropped++;
            }

            return result;
        }

        public async Task WriteUntilAsync(Predicate<WriteResult> isEnough)
        {
            Stopwatch patience = Stopwatch.StartNew();
            while (!isEnough(Write()))
            {
                Assert.True(patience.Elapsed < Patience, $"{id}: {Accepted.Count} frames were accepted, {Dropped} dropped, and it goes on so.");
                await Task.Delay(2);
            }
        }
    }
}
