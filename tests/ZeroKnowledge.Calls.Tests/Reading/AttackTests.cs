namespace ZeroKnowledge.Calls.Tests;

/// <summary>What an archive, a thief of the gateway's key, a clone of the gateway or another customer might do to a recording.</summary>
public sealed class AttackTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    public static TheoryData<string, int> Rearrangements => new()
    {
        { "drop the first chunk", 0 },
        { "drop a chunk", 2 },
        { "duplicate a chunk", 3 },
        { "swap two chunks", 1 },
        { "reverse all chunks", 0 },
        { "repeat the last chunk", 6 },
        { "splice a chunk of another recording", 2 },
        { "splice the rest of another recording", 3 },
        { "a chunk of zeros", 4 },
        { "an empty chunk", 4 },
        { "a chunk that is a byte longer", 4 },
        { "a chunk that is a byte shorter", 4 },
    };

    [Theory]
    [MemberData(nameof(Rearrangements))]
    public async Task Chunks_Rearranged_AreNoticedAndNotReleased(string what, int firstWrong)
    {
        foreach (EndReason end in new[] { EndReason.Completed, EndReason.None })
        {
            TestRecording recording = TestRecording.Small(_keys, 6, end: end);
            TestRecording other = TestRecording.Small(_keys, 6);
            List<byte[]> chunks = recording.Chunks;
            switch (what)
            {
                case "drop the first chunk": chunks.RemoveAt(0); break;
                case "drop a chunk": chunks.RemoveAt(2); break;
                case "duplicate a chunk": chunks.Insert(3, chunks[2]); break;
                case "swap two chunks": (chunks[1], chunks[2]) = (chunks[2], chunks[1]); break;
                case "reverse all chunks": chunks.Reverse(); break;
                case "repeat the last chunk": chunks.Add(chunks[5]); break;
                case "splice a chunk of another recording": chunks[2] = other.Chunks[2]; break;
                case "splice the rest of another recording": chunks.RemoveRange(3, 3); chunks.AddRange(other.Chunks[3..]); break;
                case "a chunk of zeros": chunks[4] = new byte[chunks[4].Length]; break;
                case "an empty chunk": chunks[4] = []; break;
                case "a chunk that is a byte longer": chunks[4] = [.. chunks[4], 0]; break;
                default: chunks[4] = chunks[4][..^1]; break;
            }

            RecordingReport report = await recording.VerifyAsync();
            Assert.Equal(RecordingState.Corrupt, report.State);
            Assert.Equal(firstWrong, report.CorruptChunks[0]);
            RecordingReport keyless = await recording.VerifyAsync(recording.Options(withKey: false));
            // Chunks that nobody signed cannot be judged without a key, but for their size.
            Assert.True(end == EndReason.None && firstWrong >= 4 || keyless.State == RecordingState.Corrupt);

            (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
            recording.AssertPrefix(frames);
            Assert.DoesNotContain(frames, frame => frame.Chunk >= firstWrong);
            Assert.InRange(Assert.IsType<TamperedException>(exception).Chunk!.Value, 0, firstWrong);
        }
    }

    [Fact]
    public async Task TrailingChunk_ThatOpens_IsCorruptAndNotReleased()
    {
        // Even of a key holder, who can make a chunk that opens at its index.
        TestRecording recording = TestRecording.Small(_keys, 4), longer = TestRecording.Small(_keys, 6);
        byte[] payload = longer.Decrypt(5);
        recording.Chunks.Add(recording.Encrypt(4, payload));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal(RecordingState.Corrupt, report.State);
        Assert.Equal([4], report.CorruptChunks);
        Assert.Contains(report.Findings, finding => finding.Contains("trailing data", StringComparison.Ordinal));

        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        recording.AssertPrefix(frames);
        Assert.Equal(4, frames.Audio().Count);
        Assert.Equal(4, Assert.IsType<TamperedException>(exception).Chunk);
    }

    // A key holder can encrypt whatever it likes; under the writer's statements it is not the recording.
    [Fact]
    public async Task Chunk_ReplacedByAKeyHolder_IsNotReleased()
    {
        TestRecording recording = TestRecording.Small(_keys, 6), other = TestRecording.Small(_keys, 6);
        recording.Chunks[5] = recording.Encrypt(5, other.Decrypt(5));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Corrupt, 4), (report.State, report.Signed));
        Assert.Equal([4, 5], report.CorruptChunks);
        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        recording.AssertPrefix(frames);
        Assert.DoesNotContain(frames, frame => frame.Chunk == 5);
        Assert.IsType<TamperedException>(exception);
    }

    [Fact]
    public async Task Header_OfAnotherRecordingOfTheGateway_IsNotVerified()
    {
        TestRecording recording = TestRecording.Small(_keys, 3), other = TestRecording.Small(_keys, 3);
        recording.Header = other.Header;
        await using Recording opened = await recording.OpenAsync();
        Assert.False(opened.IsVerified);
        Assert.Equal(RecordingState.NotVerified, (await opened.VerifyAsync()).State);
    }

    [Fact]
    public async Task OpeningRecord_OfAnotherRecording_IsCorruptAndNotReleased()
    {
        TestRecording recording = TestRecording.Small(_keys, 3), other = TestRecording.Small(_keys, 3, callId: "another call");
        recording.OpeningRecord = other.OpeningRecord;
        await using Recording opened = await recording.OpenAsync();
        Assert.Null(opened.Metadata);
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal(RecordingState.Corrupt, report.State);
        Assert.Contains("The opening record is not the one that was signed.", report.Findings);
    }

    [Fact]
    public async Task ClosingRecord_OfAnotherRecordingOrMissing_IsCorruptAndNotReleased()
    {
        TestRecording recording = TestRecording.Small(_keys, 3), other = TestRecording.Small(_keys, 3);
        foreach (byte[] closing in new[] { other.ClosingRecord, [] })
        {
            recording.ClosingRecord = closing;
            await using Recording opened = await recording.OpenAsync();
            Assert.Null(opened.Summary);
            Assert.NotNull(opened.Metadata);
            Assert.Equal(RecordingState.Corrupt, (await opened.VerifyAsync()).State);
        }
    }

    // What a key holder sealed anew opens; but it is not what the writer signed.
    [Fact]
    public async Task OpeningRecord_WrittenByAKeyHolder_IsNotReleased()
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        byte[] padded = new byte[Format.OpeningPadded];
        MetadataRecord.WriteOpening(new CallMetadata { CallId = "forged", Legs = [] }, TestRecording.Begun, padded);
        using RecordingKeys keys = recording.OpenKeys();
        recording.OpeningRecord = Sealing.Seal(Suite.Aes256Gcm, keys.OpeningKey, padded);
        await using Recording opened = await recording.OpenAsync();
        Assert.Null(opened.Metadata);
        Assert.Equal(RecordingState.Corrupt, (await opened.VerifyAsync()).State);
    }

    [Fact]
    public async Task Statements_OfAnotherRecording_AreRefused()
    {
        TestRecording recording = TestRecording.Small(_keys, 4, end: EndReason.None), other = TestRecording.Small(_keys, 4);
        recording.Statements.AddRange(other.Statements);
        recording.ClosingRecord = other.ClosingRecord;
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal(RecordingState.Open, report.State);
        Assert.Equal(3, report.Findings.Count(finding => finding.Contains("It is of recording", StringComparison.Ordinal)));
    }

    // Without a register a rollback is a recording that is still open: "at least this much", and never complete.
    [Fact]
    public async Task OldCheckpoint_WithTheTailDropped_IsOpenWithoutARegister()
    {
        TestRecording recording = RolledBack(out _);
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Open, 4, 4), (report.State, report.Verified, report.Signed));
        Assert.False(report.RegisterChecked);
    }

    // It was called corrupt, although nothing of it is: the closing record that the seal names was cut off with the tail.
    [Fact]
    public async Task OldCheckpoint_WithTheTailDropped_IsTruncatedWithARegister()
    {
        TestRecording recording = RolledBack(out RegisteredRecording row);
        ReaderOptions options = new() { Trust = _keys.Trust, Identity = _keys.Active, Register = new MemoryRegister(row) };
        RecordingReport report = await recording.VerifyAsync(options);
        Assert.Equal((RecordingState.Truncated, 4, 4), (report.State, report.Verified, report.Signed));
        Assert.True(report.RegisterChecked);
        Assert.Contains(report.Findings, finding => finding.Contains("The register knows a Seal of 7 chunks", StringComparison.Ordinal));
        Assert.Equal(EndReason.Completed, report.EndReason);

        (List<Frame> frames, Exception? exception) = await recording.PlayAsync(options);
        recording.AssertPrefix(frames);
        Assert.Equal(4, frames.Audio().Count(frame => frame.IsSigned));
        TamperedException tampered = Assert.IsType<TamperedException>(exception);
        Assert.Equal((4, recording.CoreId), (tampered.Chunk, tampered.Recording));
    }

    [Fact]
    public async Task Seal_ThatOnlyTheRegisterKnows_CompletesTheRecording()
    {
        TestRecording recording = TestRecording.Small(_keys, 5);
        RegisteredRecording row = recording.Row(recording.Envelope, recording.Statements);
        recording.Statements.RemoveAt(recording.Statements.Count - 1);
        ReaderOptions options = new() { Trust = _keys.Trust, Identity = _keys.Active, Register = new MemoryRegister(row) };
        RecordingReport report = await recording.VerifyAsync(options);
        Assert.Equal((RecordingState.Complete, 5), (report.State, report.Signed));
        Assert.Single(report.Findings);
    }

    [Fact]
    public async Task Seal_SignedByAnotherKey_IsRefused()
    {
        TestRecording recording = TestRecording.Small(_keys, 5, end: EndReason.None);
        TestRecording thief = TestRecording.Small(_keys, 5);
        recording.ClosingRecord = thief.ClosingRecord;
        byte[] forged = recording.Seal(5);
        Statement.Sign(forged, thief.SigningKey);
        recording.Statements.Add(forged);
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Open, EndReason.None, 4), (report.State, report.EndReason, report.Signed));
        Assert.Contains(report.Findings, finding => finding.Contains("Its signature is wrong.", StringComparison.Ordinal));

        // The gateway's own key signs no seals either.
        _keys.Gateway.SignChecked(forged.AsSpan(0, Statement.SignedSize), forged.AsSpan(Statement.SignedSize));
        Assert.Equal(RecordingState.Open, (await recording.VerifyAsync()).State);
    }

    // A thief of the gateway's key can neither cut, close nor spoil a sealed call.
    [Theory]
    [InlineData(3, false)]
    [InlineData(6, false)]
    [InlineData(6, true)]
    [InlineData(9, true)]
    public async Task Recovery_OverASeal_ChangesNothing(int count, bool otherRoot)
    {
        TestRecording recording = TestRecording.Small(_keys, 6);
        recording.Statements.Add(recording.Recover(count, 0, otherRoot ? new byte[32] : null));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Complete, 6, 6), (report.State, report.Verified, report.Signed));
        Assert.Equal(otherRoot, report.Findings.Count > 0);
        Assert.Equal(recording.Written.Count, (await recording.ReadAsync()).Count);
    }

    [Fact]
    public async Task Recoveries_ThatDiffer_LeaveTheRecordingOpen()
    {
        TestRecording recording = TestRecording.Small(_keys, 7, end: EndReason.None);
        recording.Statements.Add(recording.Recover(6, 4));
        recording.Statements.Add(recording.Recover(7, 4));
        RecordingReport report = await recording.VerifyAsync(recording.Options(withKey: false));
        Assert.Equal((RecordingState.Open, 4, 4), (report.State, report.Verified, report.Signed));
        Assert.Contains("There are different recoveries; none of them counts.", report.Findings);
        Assert.Equal(7, (await recording.ReadAsync()).Count);
    }

    // A key holder and a thief of the gateway's key together: what was signed live was proven by the recovery alone, and shown as signed.
    [Fact]
    public async Task Recovery_OverAlteredChunks_ReleasesNoneOfThemAsSigned()
    {
        TestRecording recording = TestRecording.Small(_keys, 7, end: EndReason.None), other = TestRecording.Small(_keys, 7);
        recording.Chunks[1] = recording.Encrypt(1, other.Decrypt(1));
        recording.Statements.Add(recording.Recover(7, 4));
        Assert.Equal(RecordingState.Corrupt, (await recording.VerifyAsync()).State);
        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        recording.AssertPrefix(frames);
        Assert.DoesNotContain(frames, frame => frame.Chunk == 1);
        Assert.IsType<TamperedException>(exception);
    }

    [Fact]
    public async Task Recovery_AboveALiveStatement_ProvesOnlyTheRestAndIsNotSigned()
    {
        TestRecording recording = TestRecording.Small(_keys, 7, end: EndReason.None);
        recording.Statements.Add(recording.Recover(7, 4));
        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        Assert.Null(exception);
        recording.AssertPrefix(frames);
        Assert.Equal([true, true, true, true, false, false, false], frames.Audio().Select(frame => frame.IsSigned));

        recording.Chunks[6][77] ^= 1;
        (frames, exception) = await recording.PlayAsync();
        Assert.Equal(4, frames.Audio().Count);
        Assert.Equal(6, Assert.IsType<TamperedException>(exception).Chunk);
    }

    [Fact]
    public async Task TwoLives_OfOneWriter_AreForked()
    {
        TestRecording recording = TestRecording.Small(_keys, 6);
        TestRecording clone = recording.Copy(), foreign = TestRecording.Small(_keys, 6);
        clone.Chunks[4] = recording.Encrypt(4, foreign.Decrypt(4));
        (string, byte[])[] lives =
        [
            ("another seal", clone.Seal(6)),
            ("a seal of fewer chunks", recording.Seal(5)),
            ("a checkpoint beyond the seal", recording.Checkpoint(7, new byte[32])),
            ("a checkpoint of other chunks", recording.Checkpoint(4, new byte[32])),
            ("a checkpoint whose root is not that of the prefix", clone.Checkpoint(5)),
        ];
        foreach ((string what, byte[] statement) in lives)
        {
            TestRecording forked = recording.Copy();
            forked.Statements.Add(statement);
            RecordingReport report = await forked.VerifyAsync();
            Assert.True(report.State == RecordingState.Forked, what);
            Assert.Contains(report.Findings, finding => finding.StartsWith("two writers signed with one signing key", StringComparison.Ordinal));
        }

        // What is at hand agrees with one of them: it is read, and at its end the reader says what it is worth.
        TestRecording known = recording.Copy();
        known.Statements.Add(clone.Seal(6));
        (List<Frame> frames, Exception? exception) = await known.PlayAsync();
        recording.AssertPrefix(frames);
        Assert.Contains("two writer lives", Assert.IsType<TamperedException>(exception).Message, StringComparison.Ordinal);

        // Chunks of both lives together are of neither.
        known.Chunks[1] = recording.Encrypt(1, foreign.Decrypt(1));
        (frames, exception) = await known.PlayAsync();
        Assert.Empty(frames);
        Assert.IsType<TamperedException>(exception);
    }

    // A key holder seals another closing record under the closing key.
    [Fact]
    public async Task ClosingRecord_WrittenByAKeyHolder_IsNotReleased()
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        byte[] padded = new byte[Format.ClosingPadded];
        MetadataRecord.WriteClosing(new CallSummary(TestRecording.Begun, EndReason.Completed, 1_000_000, 0, TimeSpan.Zero), padded);
        using RecordingKeys keys = recording.OpenKeys();
        recording.ClosingRecord = Sealing.Seal(Suite.Aes256Gcm, keys.ClosingKey, padded);
        await using Recording opened = await recording.OpenAsync();
        Assert.Null(opened.Summary);
        Assert.Equal(RecordingState.Corrupt, (await opened.VerifyAsync()).State);
    }

    // A whole recording made by somebody else, wrapped to the customer's public keys: everything of it is right but who made it.
    [Fact]
    public async Task Recording_ForgedUnderAnotherGatewayKey_IsNotVerified()
    {
        using TestKeys thief = new();
        RecordingPolicy policy = new() { Gateway = thief.Gateway, Recipients = Recipients.Of(_keys.Active.Recipient, _keys.Recovery.Recipient) };
        TestRecording forged = TestRecording.Write(_keys, policy, [Leg.Pcma("caller")], 3, 50, EndReason.Completed, "call-1", default);
        await using Recording opened = await forged.OpenAsync();
        Assert.False(opened.IsVerified);
        Assert.Null(opened.Metadata);
        Assert.Equal(RecordingState.NotVerified, (await opened.VerifyAsync()).State);
        Assert.Empty((await opened.PlayAsync()).Frames);
    }

    // The header of a trusted gateway, with the forger's own signing key in it: its certificate is then wrong.
    [Fact]
    public async Task Header_WithAnotherSigningKey_IsNotVerified()
    {
        TestRecording recording = TestRecording.Small(_keys, 2), thief = TestRecording.Small(_keys, 2);
        thief.Header.AsSpan(140, 32).CopyTo(recording.Header.AsSpan(140));
        Assert.Equal(RecordingState.NotVerified, (await recording.VerifyAsync()).State);
    }

    [Fact]
    public async Task Metadata_WithoutAnyValidStatement_IsNotReleased()
    {
        TestRecording recording = TestRecording.Small(_keys, 2);
        foreach (byte[] statement in recording.Statements)
        {
            statement[^1] ^= 1;
        }

        await using Recording opened = await recording.OpenAsync();
        Assert.Null(opened.Metadata);
        Assert.Null(opened.Summary);
        Assert.Equal(0, opened.Signed);
    }

    // A closing record is the seal's: a checkpoint does not cover it.
    [Fact]
    public async Task Summary_WithoutASeal_IsNotReleased()
    {
        TestRecording recording = TestRecording.Small(_keys, 4);
        recording.Statements.RemoveAt(recording.Statements.Count - 1);
        await using Recording opened = await recording.OpenAsync();
        Assert.NotNull(opened.Metadata);
        Assert.Null(opened.Summary);
        Assert.Equal(RecordingState.Open, (await opened.VerifyAsync()).State);
    }

    // A key holder and a clone of the writer: the closing record says something else than the seal.
    [Fact]
    public async Task Summary_WithAnotherReasonThanTheSeal_IsCorrupt()
    {
        TestRecording recording = TestRecording.Small(_keys, 4);
        recording.Statements[^1] = recording.Seal(4, EndReason.Aborted);
        Assert.Equal(RecordingState.Corrupt, (await recording.VerifyAsync()).State);
    }

    private TestRecording RolledBack(out RegisteredRecording row)
    {
        TestRecording recording = TestRecording.Small(_keys, 7);
        row = recording.Row(recording.Envelope, recording.Statements);
        recording.Statements.RemoveAt(recording.Statements.Count - 1);
        recording.Chunks.RemoveRange(4, 3);
        recording.ClosingRecord = [];
        return recording;
    }
}
