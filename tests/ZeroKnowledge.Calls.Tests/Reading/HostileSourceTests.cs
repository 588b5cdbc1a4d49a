namespace ZeroKnowledge.Calls.Tests;

/// <summary>Sources that give less, more or something else than they were asked for.</summary>
public sealed class HostileSourceTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    public static TheoryData<string> Answers =>
    [
        "one chunk fewer", "no chunks", "one chunk more", "no proof", "a hash fewer", "a hash more", "half a hash", "a giant proof", "the proof of another tree",
        "a proof of zeros", "chunks of no bytes", "shifted chunks", "reversed chunks",
    ];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Read_OfAWrongAnswer_ReleasesNothingOfIt(string what)
    {
        TestRecording recording = TestRecording.Small(_keys, 70);
        recording.Answer = (first, end, treeSize, honest) =>
        {
            byte[] proof = honest.Proof.ToArray();
            List<ReadOnlyMemory<byte>> chunks = [.. honest.Chunks];
            return what switch
            {
                "one chunk fewer" => new ChunkBatch(chunks[..^1], proof),
                "no chunks" => new ChunkBatch([], default),
                "one chunk more" => new ChunkBatch([.. chunks, chunks[0]], proof),
                "no proof" => new ChunkBatch(chunks, default),
                "a hash fewer" => new ChunkBatch(chunks, proof.AsMemory(0, Math.Max(0, proof.Length - 32))),
                "a hash more" => new ChunkBatch(chunks, (byte[])[.. proof, .. new byte[32]]),
                "half a hash" => new ChunkBatch(chunks, proof.AsMemory(0, Math.Max(0, proof.Length - 16))),
                "a giant proof" => new ChunkBatch(chunks, new byte[32 << 20]),
                "the proof of another tree" => new ChunkBatch(chunks, RangeProof.Create(new byte[32 * 70], first, end)),
                "a proof of zeros" => new ChunkBatch(chunks, new byte[proof.Length]),
                "chunks of no bytes" => new ChunkBatch([.. chunks.Select(_ => default(ReadOnlyMemory<byte>))], proof),
                "shifted chunks" => new ChunkBatch([.. chunks[1..], chunks[0]], proof),
                _ => new ChunkBatch([.. chunks.AsEnumerable().Reverse()], proof),
            };
        };
        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        // The first checkpoint's own four chunks need no proof beside them.
        recording.AssertPrefix(frames);
        Assert.InRange(frames.Audio().Count, 0, what.Contains("proof", StringComparison.Ordinal) || what.Contains("hash", StringComparison.Ordinal) ? 4 : 0);
        Assert.IsType<TamperedException>(exception);
    }

    // Only what is asked for later differs: what came before is released, and nothing after it.
    [Theory]
    [InlineData(64)]
    [InlineData(68)]
    public async Task Read_OfAnAnswerThatIsWrongLater_ReleasesWhatCameBefore(int wrongFrom)
    {
        TestRecording recording = TestRecording.Small(_keys, 70);
        recording.Answer = (first, end, _, honest) => end > wrongFrom ? new ChunkBatch([.. honest.Chunks.Reverse()], honest.Proof) : honest;
        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        recording.AssertPrefix(frames);
        Assert.Equal(wrongFrom, frames.Audio().Count);
        Assert.InRange(Assert.IsType<TamperedException>(exception).Chunk!.Value, 64, 69);
    }

    // The same chunks were verified before, but are others now.
    [Fact]
    public async Task Read_OfASourceThatChangesItsMind_IsTampered()
    {
        TestRecording recording = TestRecording.Small(_keys, 10), other = TestRecording.Small(_keys, 10);
        await using Recording opened = await recording.OpenAsync();
        Assert.Equal(RecordingState.Complete, (await opened.VerifyAsync()).State);
        recording.Answer = (first, end, _, honest) => new ChunkBatch([.. other.Chunks[first..end].Select(chunk => (ReadOnlyMemory<byte>)chunk)], honest.Proof);
        (List<Frame> frames, Exception? exception) = await opened.PlayAsync();
        Assert.Empty(frames);
        Assert.IsType<TamperedException>(exception);
        Assert.Equal(RecordingState.Corrupt, (await opened.VerifyAsync()).State);
    }

    [Fact]
    public async Task Verify_OfASourceThatGivesFewerThanItSaid_IsTampered()
    {
        TestRecording recording = TestRecording.Small(_keys, 10, end: EndReason.None);
        recording.Claims = 12;
        TamperedException exception = await Assert.ThrowsAsync<TamperedException>(async () => await recording.VerifyAsync());
        Assert.Equal(10, exception.Chunk);
        (List<Frame> frames, Exception? read) = await recording.PlayAsync();
        recording.AssertPrefix(frames);
        Assert.Equal(10, Assert.IsType<TamperedException>(read).Chunk);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData((1 << 24) + 1)]
    [InlineData(int.MaxValue)]
    public async Task Open_OfAnImpossibleNumberOfChunks_IsNotVerified(int claims)
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        recording.Claims = claims;
        await using Recording opened = await recording.OpenAsync();
        Assert.False(opened.IsVerified);
        Assert.Equal(RecordingState.NotVerified, (await opened.VerifyAsync()).State);
        Assert.IsType<TamperedException>((await opened.PlayAsync()).Exception);
    }

    [Fact]
    public async Task Open_OfEmptyOrForeignParts_IsNotVerifiedOrCorrupt()
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        byte[] header = recording.Header;
        foreach (byte[] wrong in new byte[][] { [], header[..^1], [.. header, 0], new byte[236] })
        {
            recording.Header = wrong;
            Assert.Equal(RecordingState.NotVerified, (await recording.VerifyAsync()).State);
        }

        recording.Header = header;
        byte[] opening = recording.OpeningRecord;
        foreach (byte[] wrong in new byte[][] { [], opening[..^1], [.. opening, 0] })
        {
            recording.OpeningRecord = wrong;
            Assert.Equal(RecordingState.Corrupt, (await recording.VerifyAsync()).State);
        }

        recording.OpeningRecord = opening;
        recording.Statements.AddRange([[], new byte[223], new byte[225], new byte[224]]);
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal(RecordingState.Complete, report.State);
        Assert.Equal(4, report.Findings.Count);
    }

    [Fact]
    public async Task Open_OfThousandsOfRefusedStatements_KeepsFindingsBounded()
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        for (int i = 0; i < 5_000; i++)
        {
            recording.Statements.Add(new byte[224]);
        }

        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal(RecordingState.Complete, report.State);
        Assert.InRange(report.Findings.Count, 1, StatementSet.MaxRefusals + 1);
    }

    [Fact]
    public async Task Verify_Cancelled_Stops()
    {
        TestRecording recording = TestRecording.Small(_keys, 130);
        using CancellationTokenSource cancelled = new();
        recording.Answer = (first, _, _, honest) =>
        {
            if (first >= 64)
            {
                cancelled.Cancel();
                cancelled.Token.ThrowIfCancellationRequested();
            }

            return honest;
        };
        await using Recording opened = await recording.OpenAsync();
        List<int> progress = [];
        await Assert.ThrowsAsync<OperationCanceledException>(() => opened.VerifyAsync(new Progress(progress), cancelled.Token));
        Assert.Equal([64], progress);
    }

    [Fact]
    public async Task Open_OfASourceThatFails_DisposesOfIt()
    {
        FailingSource source = new();
        await Assert.ThrowsAsync<IOException>(async () => await Recording.OpenAsync(source, null, new ReaderOptions { Trust = _keys.Trust }, CancellationToken.None));
        Assert.True(source.IsDisposed);
    }

    private sealed class Progress(List<int> seen) : IProgress<int>
    {
        public void Report(int value) => seen.Add(value);
    }

    private sealed class FailingSource : IRecordingSource
    {
        public bool IsDisposed { get; private set; }

        public ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken) => throw new IOException("The archive is away.");

        public ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
