using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Parts of a recording: by time, and after an erasure.</summary>
public sealed class RangeTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task ReadFrames_OfAnyRangeOfTime_GivesWhatTheWholeHasThen()
    {
        TestRecording recording = TestRecording.Write(_keys, 66, end: EndReason.None);
        await using Recording opened = await recording.OpenAsync();
        List<Frame> all = (await opened.PlayAsync()).Frames.Audio();
        Random random = new(7);
        for (int i = 0; i < 60; i++)
        {
            // Whole ticks, whole frames, single milliseconds, parts of one, and before and after everything.
            TimeSpan a = Time(), b = Time();
            TimeSpan? from = i % 10 == 0 ? null : a, to = i % 10 == 1 ? null : b;
            (List<Frame> frames, Exception? exception) = await opened.PlayAsync(from, to);
            Assert.Null(exception);
            Frame[] expected = [.. all.Where(frame => (from is null || frame.ArrivalMs >= from.Value.TotalMilliseconds) && (to is null || frame.ArrivalMs < to.Value.TotalMilliseconds))];
            Assert.Equal(expected.Select(Identity), frames.Audio().Select(Identity));
        }

        TimeSpan Time() => random.Next(4) switch
        {
            0 => TimeSpan.FromSeconds(random.Next(-1, 68)),
            1 => TimeSpan.FromMilliseconds(20 * random.Next(0, 3_400)),
            2 => TimeSpan.FromMilliseconds(random.Next(0, 68_000)),
            _ => TimeSpan.FromTicks(random.Next(0, 680_000_000)),
        };

        static (int, int, int, uint) Identity(Frame frame) => (frame.Chunk, frame.Leg, frame.Sequence, frame.Timestamp);
    }

    // Half a millisecond was cut off on both sides: a frame at 20 ms was given from 20.5 ms on, and not before 20.5 ms.
    [Fact]
    public async Task ReadFrames_FromAndToAPartOfAMillisecond_IsExact()
    {
        TestRecording recording = TestRecording.Small(_keys, 3);
        await using Recording opened = await recording.OpenAsync();
        TimeSpan between = TimeSpan.FromMilliseconds(20.5);
        Assert.Equal([40L], (await opened.PlayAsync(between)).Frames.Audio().Select(frame => frame.ArrivalMs));
        Assert.Equal([0L, 20], (await opened.PlayAsync(null, between)).Frames.Audio().Select(frame => frame.ArrivalMs));
    }

    [Fact]
    public async Task ReadFrames_FromTheMiddle_GivesTheFormatsThatExplainWhatFollows()
    {
        TestRecording recording = TestRecording.Write(_keys, 5);
        await using Recording opened = await recording.OpenAsync();
        List<Frame> frames = (await opened.PlayAsync(TimeSpan.FromMilliseconds(2_500))).Frames;
        Assert.Equal([0, 1], frames.TakeWhile(frame => frame.Kind == FrameKind.Format).Select(frame => frame.Leg));
    }

    [Fact]
    public async Task ReadFrames_AfterAnErasure_PassesOverWhatHasNoKey()
    {
        TestRecording recording = Erased(out ReaderOptions options, 3, 6);
        await using Recording opened = await recording.OpenAsync(options);
        (List<Frame> frames, Exception? exception) = await opened.PlayAsync();
        Assert.Null(exception);
        Assert.Equal([0, 1, 2, 6, 7, 8, 9], frames.Audio().Select(frame => frame.Chunk));
        for (int ms = 0; ms <= 200; ms += 10)
        {
            frames = (await opened.PlayAsync(TimeSpan.FromMilliseconds(ms))).Frames;
            Assert.Equal(Enumerable.Range(0, 10).Where(chunk => chunk is < 3 or >= 6 && 20 * chunk >= ms), frames.Audio().Select(frame => frame.Chunk));
        }
    }

    [Fact]
    public async Task Verify_OfMissingKeysWithACertificate_SaysErased()
    {
        TestRecording recording = Erased(out ReaderOptions options, 3, 6, Certificate(new ChunkRange(3, 6)));
        RecordingReport report = await recording.VerifyAsync(options);
        Assert.Equal((RecordingState.Complete, 10, 10), (report.State, report.Verified, report.Signed));
        Assert.Equal([new RangeFinding(new ChunkRange(3, 6), RangeStatus.Erased)], report.Ranges);
    }

    [Fact]
    public async Task Verify_OfMissingKeysWithACertificateOfSome_SaysNoKeyForTheOthers()
    {
        TestRecording recording = Erased(out ReaderOptions options, 3, 7, Certificate(new ChunkRange(1, 2), new ChunkRange(4, 6)));
        RecordingReport report = await recording.VerifyAsync(options);
        Assert.Equal(
        [
            new RangeFinding(new ChunkRange(3, 4), RangeStatus.NoKey),
            new RangeFinding(new ChunkRange(4, 6), RangeStatus.Erased),
            new RangeFinding(new ChunkRange(6, 7), RangeStatus.NoKey),
        ], report.Ranges);
    }

    [Fact]
    public async Task Verify_OfMissingKeysWithoutAGoodCertificate_SaysNoKey()
    {
        using OwnerKey stranger = OwnerKey.Generate();
        Func<CoreId, ErasureCertificate>?[] certificates =
        [
            null,
            id => ErasureCertificate.Create(stranger, id, 2, false, [new ChunkRange(3, 6)], TestRecording.Begun, string.Empty),
            _ => ErasureCertificate.Create(_keys.Owner, CoreId.Of("another"u8), 2, false, [new ChunkRange(3, 6)], TestRecording.Begun, string.Empty),
            // Of a later envelope than the one at hand: whatever it lacks, it did not lack for that reason.
            id => ErasureCertificate.Create(_keys.Owner, id, 3, false, [new ChunkRange(3, 6)], TestRecording.Begun, string.Empty),
            id => ErasureCertificate.Create(_keys.Owner, id, 2, false, [new ChunkRange(3, 6)], TestKeys.NotAfter, string.Empty),
            id => ErasureCertificate.Create(_keys.Owner, id, 2, false, [new ChunkRange(0, 3), new ChunkRange(6, 20)], TestRecording.Begun, string.Empty),
        ];
        foreach (Func<CoreId, ErasureCertificate>? certificate in certificates)
        {
            TestRecording recording = Erased(out ReaderOptions options, 3, 6, certificate);
            Assert.Equal([new RangeFinding(new ChunkRange(3, 6), RangeStatus.NoKey)], (await recording.VerifyAsync(options)).Ranges);
        }
    }

    [Fact]
    public async Task Open_OfAnErasedRecording_VerifiesAndReleasesNothing()
    {
        TestRecording recording = TestRecording.Small(_keys, 5);
        RegisteredRecording row = recording.Row(null, recording.Statements, Certificate(new ChunkRange(0, Format.MaxChunks))(recording.CoreId));
        ReaderOptions options = new() { Trust = _keys.Trust, Identity = _keys.Active, Register = new MemoryRegister(row) };
        await using Recording opened = await recording.OpenAsync(options);
        Assert.Null(opened.Metadata);
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal(RecordingState.Complete, report.State);
        Assert.Equal([new RangeFinding(new ChunkRange(0, 5), RangeStatus.Erased)], report.Ranges);
        Assert.Empty((await opened.PlayAsync()).Frames);
    }

    [Fact]
    public async Task Open_WithoutAnEnvelopeOrWord_SaysWhatIsMissing()
    {
        TestRecording recording = TestRecording.Small(_keys, 1);
        ReaderOptions options = new() { Trust = _keys.Trust, Identity = _keys.Active, Register = new MemoryRegister() };
        NoMatchingKeyException exception = await Assert.ThrowsAsync<NoMatchingKeyException>(async () => await recording.OpenAsync(options));
        Assert.Contains("no key envelope", exception.Message, StringComparison.Ordinal);
        NoMatchingKeyException noIdentity = await Assert.ThrowsAsync<NoMatchingKeyException>(async () => await recording.ReadAsync(recording.Options(withKey: false)));
        Assert.Contains("without an identity", noIdentity.Message, StringComparison.Ordinal);
    }

    // Ciphertext without a key is still checked against what was signed.
    [Fact]
    public async Task Read_AroundAnErasedChunkThatWasAltered_IsTampered()
    {
        TestRecording recording = Erased(out ReaderOptions options, 3, 6, Certificate(new ChunkRange(3, 6)));
        recording.Chunks[4][20] ^= 1;
        Assert.Equal(RecordingState.Corrupt, (await recording.VerifyAsync(options)).State);
        Assert.IsType<TamperedException>((await recording.PlayAsync(options)).Exception);
    }

    [Fact]
    public async Task Verify_OfGaps_NamesTheChunks()
    {
        TestRecording recording = TestRecording.Small(_keys, 5, end: EndReason.None);
        byte[] payload = new byte[recording.ParsedHeader.PayloadSize];
        object owner = new();
        PayloadBuffer buffer = new(payload, 0, payload.Length);
        buffer.Open(owner, 100, 0);
        Assert.Equal(AppendResult.Accepted, buffer.TryAppendGap(owner, Format.AllLegs, 100, GapReason.Held, 100));
        buffer.Close(null);
        buffer.Finish(5);
        recording.Chunks.Add(recording.Encrypt(5, payload));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Open, 6), (report.State, report.Verified));
        Assert.Equal([new RangeFinding(new ChunkRange(5, 6), RangeStatus.Gap)], report.Ranges);
    }

    // A key holder's own chunks: the parser's rules hold from chunk to chunk too.
    [Theory]
    [InlineData(4, 100, 100)]
    [InlineData(3, 100, 100)]
    [InlineData(5, 79, 79)]
    public async Task Chunk_ThatDoesNotFollowInTime_IsCorrupt(uint tick, uint earliest, uint latest)
    {
        TestRecording recording = TestRecording.Small(_keys, 5, end: EndReason.None);
        byte[] payload = Payloads.Sized(recording.ParsedHeader.PayloadSize, earliest, latest);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(payload, tick);
        recording.Chunks.Add(recording.Encrypt(5, payload));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Corrupt, 5), (report.State, report.Verified));
        Assert.Equal([5], report.CorruptChunks);
        (List<Frame> frames, Exception? exception) = await recording.PlayAsync();
        Assert.Equal(5, frames.Audio().Count);
        Assert.Equal(5, Assert.IsType<TamperedException>(exception).Chunk);

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(payload, 5);
        Payloads.Sized(16_000, 80, 80).AsSpan(4, 8).CopyTo(payload.AsSpan(4));
        recording.Chunks[5] = recording.Encrypt(5, payload);
        Assert.Equal(RecordingState.Open, (await recording.VerifyAsync()).State);
    }

    private Func<CoreId, ErasureCertificate> Certificate(params ChunkRange[] ranges) =>
        id => ErasureCertificate.Create(_keys.Owner, id, 2, false, ranges, TestRecording.Begun, "the envelope; no copies");

    // Ten chunks, of which the keys of some were destroyed.
    private TestRecording Erased(out ReaderOptions options, int first, int end, Func<CoreId, ErasureCertificate>? certificate = null)
    {
        TestRecording recording = TestRecording.Small(_keys, 10);
        EnvelopeForge forge = new(recording) { Form = 2, Version = 2 };
        forge.Contents = forge.Part([.. KeyNode.Cover(0, first), .. KeyNode.Cover(end, Format.MaxChunks)]);
        RegisteredRecording row = recording.Row(forge.Envelope(), recording.Statements, certificate is null ? [] : [certificate(recording.CoreId)]);
        options = new ReaderOptions { Trust = _keys.Trust, Identity = _keys.Active, Register = new MemoryRegister(row) };
        return recording;
    }
}
