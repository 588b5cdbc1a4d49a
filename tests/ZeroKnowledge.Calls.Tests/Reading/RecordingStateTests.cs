namespace ZeroKnowledge.Calls.Tests;

/// <summary>Every state of docs/FORMAT.md, section 13, and which one is given if several hold.</summary>
public sealed class RecordingStateTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(EndReason.Completed)]
    [InlineData(EndReason.Aborted)]
    [InlineData(EndReason.Discarded)]
    [InlineData(EndReason.Continued)]
    public async Task Verify_OfASealedRecording_IsCompleteWithItsReason(EndReason reason)
    {
        RecordingReport report = await TestRecording.Small(_keys, 6, end: reason).VerifyAsync();
        AssertReport(report, RecordingState.Complete, 6, 6, 6);
        Assert.Equal(reason, report.EndReason);
        Assert.False(report.RegisterChecked);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public async Task Verify_WithARegisterThatAgrees_SaysThatItWasChecked()
    {
        TestRecording recording = TestRecording.Small(_keys, 6);
        RecordingReport report = await recording.VerifyAsync(With(recording, recording.Row(recording.Envelope, recording.Statements)));
        AssertReport(report, RecordingState.Complete, 6, 6, 6);
        Assert.True(report.RegisterChecked);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public async Task Verify_OfNoChunks_IsComplete()
    {
        AssertReport(await TestRecording.Small(_keys, 0).VerifyAsync(), RecordingState.Complete, 0, 0, 0);
        AssertReport(await TestRecording.Small(_keys, 0, end: EndReason.None).VerifyAsync(), RecordingState.Open, 0, 0, 0);
    }

    [Fact]
    public async Task Verify_WithoutASeal_IsOpen()
    {
        TestRecording recording = TestRecording.Small(_keys, 6, end: EndReason.None);
        AssertReport(await recording.VerifyAsync(), RecordingState.Open, 6, 6, 4);
        AssertReport(await recording.VerifyAsync(recording.Options(withKey: false)), RecordingState.Open, 6, 4, 4);
    }

    [Fact]
    public async Task Verify_WithARecovery_IsRecovered()
    {
        TestRecording recording = TestRecording.Small(_keys, 7, end: EndReason.None);
        recording.Statements.Add(recording.Recover(6, 4));
        AssertReport(await recording.VerifyAsync(), RecordingState.Recovered, 7, 7, 4);
        AssertReport(await recording.VerifyAsync(recording.Options(withKey: false)), RecordingState.Recovered, 7, 6, 4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task Verify_WithARecoveryOfWhatWasSigned_IsRecovered(int count)
    {
        TestRecording recording = TestRecording.Small(_keys, count, end: EndReason.None);
        recording.Statements.Add(recording.Recover(count, count));
        AssertReport(await recording.VerifyAsync(), RecordingState.Recovered, count, count, count);
        AssertReport(await recording.VerifyAsync(recording.Options(withKey: false)), RecordingState.Recovered, count, count, count);
        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        Assert.Null(exception);
        Assert.All(frames, frame => Assert.True(frame.IsSigned));
        Assert.Equal(count, frames.Audio().Count);
    }

    [Fact]
    public async Task Verify_WithARecoveryThatOnlyTheRegisterKnows_IsRecoveredWithAFinding()
    {
        TestRecording recording = TestRecording.Small(_keys, 4, end: EndReason.None);
        RegisteredRecording row = recording.Row(recording.Envelope, [.. recording.Statements, recording.Recover(4, 4)]);
        RecordingReport report = await recording.VerifyAsync(With(recording, row));
        AssertReport(report, RecordingState.Recovered, 4, 4, 4);
        Assert.Contains("The register knows a Recovery of 4 chunks", Assert.Single(report.Findings), StringComparison.Ordinal);

        recording.Statements.Add(recording.Recover(4, 4));
        Assert.Empty((await recording.VerifyAsync(With(recording, row))).Findings);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    [InlineData(3)]
    [InlineData(0)]
    public async Task Verify_WithFewerChunksThanTheSeal_IsTruncated(int left)
    {
        TestRecording recording = TestRecording.Small(_keys, 6);
        recording.Chunks.RemoveRange(left, 6 - left);
        int signed = left >= 4 ? 4 : 0;
        AssertReport(await recording.VerifyAsync(), RecordingState.Truncated, left, left, signed);
        RecordingReport report = await recording.VerifyAsync(recording.Options(withKey: false));
        AssertReport(report, RecordingState.Truncated, left, signed, signed);
        Assert.Contains(report.Findings, finding => finding.Contains($"there are only {left}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_WithFewerChunksThanARecovery_IsTruncated()
    {
        TestRecording recording = TestRecording.Small(_keys, 7, end: EndReason.None);
        recording.Statements.Add(recording.Recover(7, 4));
        recording.Chunks.RemoveAt(6);
        AssertReport(await recording.VerifyAsync(), RecordingState.Truncated, 6, 6, 4);
    }

    [Fact]
    public async Task Verify_WithAChunkThatDoesNotOpen_IsCorrupt()
    {
        TestRecording recording = TestRecording.Small(_keys, 6, end: EndReason.None);
        recording.Chunks[5][40] ^= 1;
        RecordingReport report = await recording.VerifyAsync();
        AssertReport(report, RecordingState.Corrupt, 6, 5, 4);
        Assert.Equal([5], report.CorruptChunks);
    }

    [Fact]
    public async Task Verify_OfTwoLives_IsForked()
    {
        TestRecording recording = TestRecording.Small(_keys, 6);
        TestRecording clone = recording.Copy();
        clone.Chunks[5] = recording.Encrypt(5, recording.Decrypt(5));
        recording.Statements.Add(clone.Seal(6));
        AssertReport(await recording.VerifyAsync(), RecordingState.Forked, 6, null, null);
    }

    [Fact]
    public async Task Verify_OfAnUnknownGateway_IsNotVerified()
    {
        using TestKeys others = new();
        TestRecording recording = TestRecording.Small(others, 2);
        ReaderOptions options = new() { Trust = _keys.Trust, Identity = others.Active, Envelope = recording.Envelope };
        await using Recording opened = await recording.OpenAsync(options);
        AssertReport(await opened.VerifyAsync(), RecordingState.NotVerified, 2, 0, 0);
        Assert.Null(opened.Metadata);
        (List<Frame> frames, Exception? exception) = await opened.PlayAsync();
        Assert.Empty(frames);
        Assert.Contains("not on the trust list", Assert.IsType<TamperedException>(exception).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_OfAGatewayThatWasNotValidThen_IsNotVerified()
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        foreach ((DateTimeOffset from, DateTimeOffset to, RecordingState state) in new[]
        {
            (TestKeys.NotBefore, TestRecording.Begun, RecordingState.NotVerified),
            (TestRecording.Begun, TestKeys.NotAfter, RecordingState.Complete),
            (TestRecording.Begun.AddSeconds(1), TestKeys.NotAfter, RecordingState.NotVerified),
            (TestKeys.NotBefore, TestRecording.Begun.AddSeconds(1), RecordingState.Complete),
        })
        {
            _keys.Trust = TrustList.Of(new TrustedKey(TrustedKeyKind.Gateway, _keys.Gateway.PublicKey, from, to, "gateway"));
            Assert.Equal(state, (await recording.VerifyAsync()).State);
        }
    }

    // The gateway's key on the list, but for something else.
    [Fact]
    public async Task Verify_OfAGatewayTrustedAsOwner_IsNotVerified()
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        _keys.Trust = TrustList.Of(new TrustedKey(TrustedKeyKind.Owner, _keys.Gateway.PublicKey, TestKeys.NotBefore, TestKeys.NotAfter, "owner"));
        Assert.Equal(RecordingState.NotVerified, (await recording.VerifyAsync()).State);
    }

    [Fact]
    public async Task Verify_OfAnotherRecordingThanAskedFor_IsNotVerified()
    {
        TestRecording recording = TestRecording.Small(_keys, 2), other = TestRecording.Small(_keys, 2);
        recording.Header = other.Header;
        RecordingReport report = await recording.VerifyAsync(recording.Options(withKey: false));
        AssertReport(report, RecordingState.NotVerified, 2, 0, 0);
        Assert.Contains("which was asked for", Assert.Single(report.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WithoutStatementAndKey_IsNotVerified()
    {
        TestRecording recording = TestRecording.Small(_keys, 3, end: EndReason.None);
        recording.Statements.Clear();
        AssertReport(await recording.VerifyAsync(recording.Options(withKey: false)), RecordingState.NotVerified, 3, 0, 0);
    }

    // With a key every chunk shows that it is of this recording; but nobody signed how many there are, or what the metadata is.
    [Fact]
    public async Task Verify_WithoutStatement_IsOpenAndUnsigned()
    {
        TestRecording recording = TestRecording.Small(_keys, 3, end: EndReason.None);
        recording.Statements.Clear();
        await using Recording opened = await recording.OpenAsync();
        RecordingReport report = await opened.VerifyAsync();
        AssertReport(report, RecordingState.Open, 3, 3, 0);
        Assert.Contains(report.Findings, finding => finding.Contains("nothing is signed", StringComparison.Ordinal));
        Assert.Null(opened.Metadata);
        (List<Frame> frames, Exception? exception) = await opened.PlayAsync();
        Assert.Null(exception);
        Assert.Equal(3, frames.Audio().Count);
        Assert.All(frames, frame => Assert.False(frame.IsSigned));
    }

    [Fact]
    public async Task Verify_WhenSeveralHold_GivesTheLowest()
    {
        TestRecording recording = TestRecording.Small(_keys, 8);
        recording.Chunks.RemoveRange(6, 2);
        AssertReport(await recording.VerifyAsync(), RecordingState.Truncated, 6, 6, 4);
        recording.Chunks[1][50] ^= 1;
        AssertReport(await recording.VerifyAsync(), RecordingState.Corrupt, 6, null, 0);
        recording.Statements.Add(recording.Checkpoint(4, new byte[32]));
        AssertReport(await recording.VerifyAsync(), RecordingState.Forked, 6, null, 0);
        recording.Header[0] ^= 1;
        AssertReport(await recording.VerifyAsync(), RecordingState.NotVerified, 6, 0, 0);
    }

    private static ReaderOptions With(TestRecording recording, RegisteredRecording row) =>
        new() { Trust = recording.Keys.Trust, Identity = recording.Keys.Active, Register = new MemoryRegister(row) };

    private static void AssertReport(RecordingReport report, RecordingState state, int chunks, int? verified, int? signed)
    {
        Assert.Equal((state, chunks), (report.State, report.Chunks));
        Assert.Equal(verified ?? report.Verified, report.Verified);
        Assert.Equal(signed ?? report.Signed, report.Signed);
        Assert.True(report.Signed <= report.Verified || state is RecordingState.Forked or RecordingState.Corrupt);
    }
}
