namespace ZeroKnowledge.Calls.Tests;

/// <summary>One bit of every byte of a recording is turned over, and nothing of it is released as if it were whole.</summary>
public sealed class TamperingTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public static TheoryData<Suite> Suites => [Suite.Aes256Gcm, Suite.Aegis256];

    public void Dispose() => _keys.Dispose();

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Header_WithAnyByteFlipped_IsNotVerified(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 2, suite);
        await ForEveryByte(recording, recording.Header, async (opened, frames, exception) =>
        {
            Assert.Equal(RecordingState.NotVerified, (await opened.VerifyAsync()).State);
            Assert.Empty(frames);
            Assert.IsType<TamperedException>(exception);
            Assert.Null(opened.Metadata);
        });
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task OpeningRecord_WithAnyByteFlipped_IsCorruptAndNotReleased(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 1, suite);
        await ForEveryByte(recording, recording.OpeningRecord, async (opened, _, _) =>
        {
            RecordingReport report = await opened.VerifyAsync();
            Assert.Equal(RecordingState.Corrupt, report.State);
            Assert.Empty(report.CorruptChunks);
            Assert.Null(opened.Metadata);
        });
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task ClosingRecord_WithAnyByteFlipped_IsCorruptAndNotReleased(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 1, suite);
        await ForEveryByte(recording, recording.ClosingRecord, async (opened, _, _) =>
        {
            Assert.Equal(RecordingState.Corrupt, (await opened.VerifyAsync()).State);
            Assert.Null(opened.Summary);
            Assert.NotNull(opened.Metadata);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Statement_WithAnyByteFlipped_IsRefusedWithAFinding(int statement)
    {
        TestRecording recording = TestRecording.Small(_keys, 5);
        await ForEveryByte(recording, recording.Statements[statement], async (opened, frames, _) =>
        {
            RecordingReport report = await opened.VerifyAsync();
            Assert.Contains(report.Findings, finding => finding.StartsWith("A statement was refused.", StringComparison.Ordinal));
            // Without its seal the recording is open, and its last chunk unsigned; the others are proven by what is left.
            bool seal = statement == 2;
            Assert.Equal(seal ? RecordingState.Open : RecordingState.Complete, report.State);
            Assert.Equal(seal ? 4 : 5, report.Signed);
            Assert.Equal(seal ? 4 : 5, frames.Audio().Count(frame => frame.IsSigned));
            Assert.Equal(seal, opened.Summary is null);
        });
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Chunk_WithAnyByteFlipped_IsNamedAndNotReleased(Suite suite)
    {
        const int Flipped = 2;
        TestRecording recording = TestRecording.Small(_keys, 5, suite);
        await ForEveryByte(recording, recording.Chunks[Flipped], async (opened, frames, exception) =>
        {
            RecordingReport report = await opened.VerifyAsync();
            Assert.Equal(RecordingState.Corrupt, report.State);
            Assert.Equal([Flipped], report.CorruptChunks);
            Assert.Equal(0, report.Signed);
            Assert.DoesNotContain(frames, frame => frame.Chunk >= Flipped);
            Assert.Equal(Flipped, Assert.IsType<TamperedException>(exception).Chunk);
        });
    }

    // Nobody without a key can say which chunk it is: all of those after the last good statement are named.
    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Chunk_WithAnyByteFlipped_IsNoticedWithoutAKey(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 6, suite);
        byte[] chunk = recording.Chunks[5];
        for (int i = 0; i < chunk.Length; i++)
        {
            chunk[i] ^= (byte)(1 << (i % 8));
            RecordingReport report = await recording.VerifyAsync(recording.Options(withKey: false));
            Assert.Equal((RecordingState.Corrupt, 4, 4), (report.State, report.Verified, report.Signed));
            Assert.Equal([4, 5], report.CorruptChunks);
            chunk[i] ^= (byte)(1 << (i % 8));
        }
    }

    // An unsigned chunk has no root over it, but its key.
    [Theory]
    [MemberData(nameof(Suites))]
    public async Task UnsignedChunk_WithAnyByteFlipped_IsNamedAndNotReleased(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 6, suite, EndReason.None);
        await ForEveryByte(recording, recording.Chunks[5], async (opened, frames, exception) =>
        {
            RecordingReport report = await opened.VerifyAsync();
            Assert.Equal((RecordingState.Corrupt, 5, 4), (report.State, report.Verified, report.Signed));
            Assert.Equal([5], report.CorruptChunks);
            Assert.Equal(5, frames.Audio().Count);
            Assert.Equal(5, Assert.IsType<TamperedException>(exception).Chunk);
        });
    }

    private static async Task ForEveryByte(TestRecording recording, byte[] part, Func<Recording, List<Frame>, Exception?, Task> assert)
    {
        for (int i = 0; i < part.Length; i++)
        {
            byte flip = (byte)(1 << (i % 8));
            part[i] ^= flip;
            try
            {
                await using Recording opened = await recording.OpenAsync();
                (List<Frame> frames, Exception? exception) = await opened.PlayAsync();
                recording.AssertPrefix(frames);
                await assert(opened, frames, exception);
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException)
            {
                throw new Xunit.Sdk.XunitException($"Byte {i}: {e.Message}", e);
            }

            part[i] ^= flip;
        }

        RecordingReport whole = await recording.VerifyAsync();
        Assert.Empty(whole.Findings);
    }
}
