namespace ZeroKnowledge.Calls.Tests;

public sealed class ContainerSourceTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly TestRecording _recording;
    private readonly ContainerFile _file;

    public ContainerSourceTests()
    {
        _recording = TestRecording.Small(_keys, 6);
        _file = new ContainerFile(_recording);
    }

    public void Dispose()
    {
        _file.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task OpenFile_OfWhatSaveWrites_HasTheBytesOfTheFormat()
    {
        await using Recording opened = await _recording.OpenAsync();
        await opened.SaveAsync(_file.Path);
        Assert.Equal(_file.Bytes(), await File.ReadAllBytesAsync(_file.Path));
        (RecordingReport report, List<Frame> frames, Exception? exception) = await _file.ReadAsync();
        Assert.Equal(RecordingState.Complete, report.State);
        Assert.Empty(report.Findings);
        Assert.Equal(6, frames.Audio().Count);
        Assert.Null(exception);
    }

    // Every prefix is valid: what it holds is read, and it is never called complete.
    [Fact]
    public async Task OpenFile_CutAtAnyByte_ReadsAPrefixAndIsNeverComplete()
    {
        byte[] whole = _file.Bytes();
        int start = 236 + _recording.OpeningRecord.Length + 224;
        await File.WriteAllBytesAsync(_file.Path, whole);
        using FileStream file = new(_file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int most = 6;
        for (int length = whole.Length - 1; length >= 0; length--)
        {
            file.SetLength(length);
            if (length < start)
            {
                await Assert.ThrowsAsync<TamperedException>(async () => await Recording.OpenFileAsync(_file.Path, _recording.Options()));
                continue;
            }

            await using Recording opened = await Recording.OpenFileAsync(_file.Path, _recording.Options());
            RecordingReport report = await opened.VerifyAsync();
            (List<Frame> frames, Exception? exception) = await opened.PlayAsync();
            _recording.AssertPrefix(frames);
            Assert.Equal(RecordingState.Open, report.State);
            Assert.Null(exception);
            Assert.Equal((report.Chunks, report.Chunks), (report.Verified, frames.Audio().Count));
            Assert.Equal("call-1", opened.Metadata!.CallId);
            Assert.Null(opened.Summary);
            Assert.InRange(report.Chunks, most - 1, most);
            most = report.Chunks;
            bool atABlock = Ends().Contains(length);
            Assert.Equal(atABlock, !report.Findings.Any(finding => finding.Contains("cut short", StringComparison.Ordinal)));
        }

        Assert.Equal(0, most);

        // Where a block ends and the file may, but after the closing record, whose seal must follow.
        List<int> Ends()
        {
            List<int> ends = [start];
            foreach ((byte type, byte[] body) in _file.Blocks)
            {
                start = ends[^1] + 5 + body.Length;
                ends.Add(type == 3 ? -5 - body.Length + start : start);
                if (type == 3)
                {
                    break;
                }
            }

            start = ends[0];
            return ends;
        }
    }

    // A block's head is not signed; a file with a wrong one is not the file that was written.
    [Fact]
    public async Task OpenFile_WithAnyByteOfABlocksHeadFlipped_IsNoticedAndReadsAPrefix()
    {
        byte[] bytes = _file.Bytes();
        int at = 236 + _recording.OpeningRecord.Length + 224;
        foreach ((_, byte[] body) in _file.Blocks)
        {
            for (int bit = 0; bit < 40; bit++)
            {
                bytes[at + (bit / 8)] ^= (byte)(1 << (bit % 8));
                (RecordingReport report, _, Exception? exception) = await _file.ReadAsync(bytes);
                Assert.Equal(RecordingState.Corrupt, report.State);
                Assert.Contains(report.Findings, finding => finding.Contains($"does not belong at byte {at} ", StringComparison.Ordinal));
                Assert.Contains("What came before was verified", Assert.IsType<TamperedException>(exception).Message, StringComparison.Ordinal);
                bytes[at + (bit / 8)] ^= (byte)(1 << (bit % 8));
            }

            at += 5 + body.Length;
        }
    }

    [Fact]
    public async Task OpenFile_WithBytesAfterTheSeal_IsNotComplete()
    {
        byte[] whole = _file.Bytes();
        foreach (byte[] more in new byte[][]
        {
            [0], [1], [0, 0, 0, 0, 0], [4, 0, 0, 0, 0], [2, 0, 0, 0, 223, .. new byte[223]], [2, 0xff, 0xff, 0xff, 0xff], new byte[5_000],
            ContainerFile.Block(1, _recording.Chunks[5]), ContainerFile.Block(3, _recording.ClosingRecord),
        })
        {
            (RecordingReport report, List<Frame> frames, _) = await _file.ReadAsync([.. whole, .. more]);
            Assert.NotEmpty(report.Findings);
            Assert.Equal(6, frames.Audio().Count);
            // A head that is cut short counts as absent; everything else is something that does not belong.
            Assert.Equal(more.Length < 5 ? RecordingState.Complete : RecordingState.Corrupt, report.State);
        }
    }

    [Fact]
    public async Task OpenFile_WithAConflictingStatementAfterTheSeal_IsForked()
    {
        byte[] conflicting = _recording.Checkpoint(4, new byte[32]);
        (RecordingReport report, List<Frame> frames, Exception? exception) = await _file.ReadAsync([.. _file.Bytes(), .. ContainerFile.Block(2, conflicting)]);
        Assert.Equal(RecordingState.Forked, report.State);
        Assert.Equal(6, frames.Audio().Count);
        Assert.IsType<TamperedException>(exception);
    }

    [Fact]
    public async Task OpenFile_WithoutTheSealAfterTheClosingRecord_IsCorrupt()
    {
        (byte, byte[]) seal = _file.Blocks[^1];
        _file.Blocks[^1] = (2, _recording.Statements[1]);
        _file.Blocks.Add(seal);
        (RecordingReport report, _, _) = await _file.ReadAsync();
        Assert.Equal(RecordingState.Corrupt, report.State);
        Assert.Contains(report.Findings, finding => finding.Contains("not followed by the seal", StringComparison.Ordinal));

        _file.Blocks.Insert(_file.Blocks.Count - 2, (1, _recording.Chunks[0]));
        Assert.Equal(RecordingState.Corrupt, (await _file.ReadAsync()).Report.State);
    }

    [Fact]
    public async Task OpenFile_WithAStatementBeforeItsChunks_IsCorrupt()
    {
        // Of six chunks, four stand before the checkpoint that counts four.
        int checkpoint = _file.Blocks.FindIndex(block => block.Type == 2);
        (byte, byte[]) moved = _file.Blocks[checkpoint];
        _file.Blocks.RemoveAt(checkpoint);
        _file.Blocks.Insert(checkpoint - 1, moved);
        (RecordingReport report, List<Frame> frames, _) = await _file.ReadAsync();
        Assert.Equal(RecordingState.Corrupt, report.State);
        Assert.Equal(6, frames.Audio().Count);
    }

    // The statement shows that chunks are missing: that is worth more than that it should not stand there.
    [Fact]
    public async Task OpenFile_WithAStatementOfMoreChunksThanThereAre_IsTruncated()
    {
        _file.Blocks.RemoveAll(block => block.Type == 1 && _recording.Chunks.IndexOf(block.Body) >= 3);
        (RecordingReport report, List<Frame> frames, Exception? exception) = await _file.ReadAsync();
        Assert.Equal(RecordingState.Truncated, report.State);
        Assert.Equal(3, frames.Audio().Count);
        Assert.Equal(3, Assert.IsType<TamperedException>(exception).Chunk);
    }

    [Fact]
    public async Task OpenFile_WithAnotherFirstStatement_IsCorrupt()
    {
        foreach (byte[] first in new[] { _recording.Statements[1], _recording.Statements[^1], new byte[224], _recording.Recover(0, 0) })
        {
            _file.Checkpoint = first;
            (RecordingReport report, List<Frame> frames, _) = await _file.ReadAsync();
            Assert.Equal(RecordingState.Corrupt, report.State);
            Assert.Equal(6, frames.Audio().Count);
        }
    }

    [Fact]
    public async Task OpenFile_OfARecoveredRecording_IsRecovered()
    {
        TestRecording open = TestRecording.Small(_keys, 6, end: EndReason.None);
        using ContainerFile file = new(open);
        file.Blocks.Add((2, open.Recover(6, 4)));
        (RecordingReport report, List<Frame> frames, _) = await file.ReadAsync();
        Assert.Equal((RecordingState.Recovered, 6, 4), (report.State, report.Verified, report.Signed));
        Assert.Equal(4, frames.Audio().Count(frame => frame.IsSigned));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(236)]
    [InlineData(5_000)]
    public async Task OpenFile_OfSomethingElse_IsRefused(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        TamperedException exception = await Assert.ThrowsAsync<TamperedException>(async () => await _file.OpenAsync(bytes));
        Assert.StartsWith("call.zkc is not a recording: ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("..", exception.Message, StringComparison.Ordinal);
        // It is closed again.
        File.Delete(_file.Path);
        await Assert.ThrowsAsync<FileNotFoundException>(async () => await Recording.OpenFileAsync(_file.Path, _recording.Options()));
    }

    [Fact]
    public async Task OpenFile_WithTheEnvelopeOfAnotherRecording_IsNotVerified()
    {
        TestRecording other = TestRecording.Small(_keys, 1);
        await File.WriteAllBytesAsync(_file.Path, _file.Bytes());
        await using Recording opened = await Recording.OpenFileAsync(_file.Path, other.Options());
        Assert.False(opened.IsVerified);
        Assert.Equal(RecordingState.NotVerified, (await opened.VerifyAsync()).State);
        Assert.Null(opened.Metadata);
        await Assert.ThrowsAsync<TamperedException>(() => opened.SaveAsync(_file.Path + ".copy"));
        Assert.False(File.Exists(_file.Path + ".copy"));
    }

    [Fact]
    public async Task Read_OfAFileThatBecomesShorter_IsAnIOException()
    {
        await File.WriteAllBytesAsync(_file.Path, _file.Bytes());
        await using Recording opened = await Recording.OpenFileAsync(_file.Path, _recording.Options());
        using (FileStream file = new(_file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(6_000);
        }

        await Assert.ThrowsAsync<IOException>(() => opened.VerifyAsync());
    }
}
