using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public sealed class GrantTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly Identity _grantee = Identity.Generate();
    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-grant").FullName;

    public void Dispose()
    {
        _keys.Dispose();
        _grantee.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public static TheoryData<Suite> Suites => [Suite.Aes256Gcm, Suite.Aegis256];

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Open_WithAGrant_GivesExactlyItsChunksAndIsNeverComplete(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 10, suite);
        Grant grant = await GrantAsync(recording, new ChunkRange(3, 6), new GrantOptions { Purpose = "quality – Q3", NotAfter = TestRecording.Begun.AddDays(1), WithMetadata = true });
        Assert.True(Grant.TryParse(grant.ToArray(), out Grant? parsed, out string? error), error);
        Assert.Equal((new ChunkRange(3, 6), true, false, "quality – Q3", 10, 1), (parsed.Range, parsed.HasMetadataKeys, parsed.IsLive, parsed.Purpose, parsed.Statement!.ChunkCount, parsed.RecipientCount));
        Assert.Equal(TestRecording.Begun.AddDays(1), parsed.NotAfter);

        await using Recording opened = await recording.OpenAsync(Options(parsed));
        Assert.Equal("call-1", opened.Metadata!.CallId);
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal(
            (RecordingState.Range, EndReason.Completed, 10, new ChunkRange(3, 6), 3, 3, 0),
            (report.State, report.EndReason, report.Chunks, report.Range, report.Verified, report.Signed, report.Findings.Count));
        Assert.Equal([new(new ChunkRange(0, 3), RangeStatus.NotGranted), new(new ChunkRange(6, 10), RangeStatus.NotGranted)], report.Ranges);
        await AssertFramesAsync(recording, opened, grant.Range);
        await Assert.ThrowsAsync<InvalidOperationException>(() => opened.SaveAsync(File("x.zkc")));
    }

    [Property(MaxTest = 40)]
    public void Grants_OfAnyRanges_OpenExactlyTheirUnion(byte a, byte b, byte c, byte d) => GrantsAsync(Range(a, b), Range(c, d)).GetAwaiter().GetResult();

    [Property(MaxTest = 60)]
    public void FindWithinAndAround_OfAnyTimes_AreRoundedInwardAndOutward(ushort a, ushort b) => FindAsync(a % 11_000, b % 11_000).GetAwaiter().GetResult();

    // An archive that holds back the end must not make an erasure smaller than what was asked for.
    [Fact]
    public async Task FindAround_OfATimeThatTheSourceHoldsBack_IsRefused()
    {
        TestRecording whole = TestRecording.Write(_keys, 10), cut = At(whole, 6);
        await using Recording opened = await cut.OpenAsync(cut.Options(register: new MemoryRegister(whole.Row(whole.Envelope, whole.Statements))));
        Assert.Equal(new ChunkRange(1, 4), await opened.FindAroundAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)));
        foreach (TimeSpan? to in (TimeSpan?[])[TimeSpan.FromSeconds(8), null])
        {
            TamperedException refusal = await Assert.ThrowsAsync<TamperedException>(async () => await opened.FindAroundAsync(TimeSpan.FromSeconds(4), to));
            Assert.Equal(6, refusal.Chunk);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SaveRange_OfAGrant_IsReadFromTheFileAlone(bool withMetadata)
    {
        TestRecording recording = TestRecording.Small(_keys, 70);
        Grant grant = await GrantAsync(recording, new ChunkRange(2, 68), new GrantOptions { WithMetadata = withMetadata });
        string path = File("range.zkrange");
        await using (Recording owner = await recording.OpenAsync())
        {
            await owner.SaveRangeAsync(path, grant);
        }

        await using Recording opened = await Recording.OpenFileAsync(path, Options(null));
        Assert.Equal(withMetadata ? "call-1" : null, opened.Metadata?.CallId);
        Assert.Equal(withMetadata, opened.Summary is not null);
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal((RecordingState.Range, 70, 66, 66, 0), (report.State, report.Chunks, report.Verified, report.Signed, report.Findings.Count));
        await AssertFramesAsync(recording, opened, grant.Range);

        // Without the grantee's key it is verified, and nothing is opened.
        await using Recording verifier = await Recording.OpenFileAsync(path, new ReaderOptions { Trust = _keys.Trust });
        report = await verifier.VerifyAsync();
        Assert.Equal((RecordingState.Range, 66, 66), (report.State, report.Verified, report.Signed));
        await Assert.ThrowsAsync<NoMatchingKeyException>(async () => await Recording.OpenFileAsync(path, Options(null, _keys.Active)));
    }

    [Fact]
    public async Task OpenFile_OfARangeThatWasChanged_NamesTheChunkOrRefuses()
    {
        TestRecording recording = TestRecording.Small(_keys, 8);
        string path = File("range.zkrange");
        await using (Recording owner = await recording.OpenAsync())
        {
            await owner.SaveRangeAsync(path, await GrantAsync(recording, new ChunkRange(2, 6)));
        }

        byte[] good = await System.IO.File.ReadAllBytesAsync(path);
        int chunk = recording.ParsedHeader.StoredChunkSize;
        for (int i = 0; i < 4; i++)
        {
            byte[] changed = [.. good];
            changed[^((i * chunk) + 9)] ^= 1;
            RecordingReport report = await VerifyAsync(changed);
            Assert.Equal(RecordingState.Corrupt, report.State);
            Assert.Equal([5 - i], report.CorruptChunks);
        }

        // Chunks in another order, and those of another range of the same recording.
        Assert.Equal([2, 3], (await VerifyAsync([.. good[..^(4 * chunk)], .. recording.Chunks[3], .. recording.Chunks[2], .. recording.Chunks[4], .. recording.Chunks[5]])).CorruptChunks);
        for (int cut = 1; cut < good.Length; cut += 97)
        {
            await Assert.ThrowsAsync<TamperedException>(() => VerifyAsync(good[..^cut]));
        }

        await Assert.ThrowsAsync<TamperedException>(() => VerifyAsync([.. good, 0]));

        async Task<RecordingReport> VerifyAsync(byte[] bytes)
        {
            await System.IO.File.WriteAllBytesAsync(path, bytes);
            await using Recording opened = await Recording.OpenFileAsync(path, Options(null));
            return await opened.VerifyAsync();
        }
    }

    [Fact]
    public async Task LiveGrant_OfChunksToCome_IsVerifiedAtOnceAndSignedWithTheNextStatement()
    {
        TestRecording whole = TestRecording.Small(_keys, 12, end: EndReason.None);
        Grant grant;
        await using (Recording now = await At(whole, 5).OpenAsync())
        {
            grant = await now.CreateGrantAsync(now.Ahead(TimeSpan.FromMilliseconds(70)), Recipients.Of(_grantee.Recipient), _keys.Owner, new GrantOptions { IsLive = true });
            await Assert.ThrowsAsync<ArgumentException>(async () => await now.CreateGrantAsync(now.Ahead(TimeSpan.FromSeconds(1)), Recipients.Of(_grantee.Recipient), _keys.Owner));
            await Assert.ThrowsAsync<ArgumentException>(() => now.SaveRangeAsync(File("live"), grant));
        }

        Assert.Equal((new ChunkRange(5, 9), true), (grant.Range, grant.IsLive));
        foreach ((int chunks, int verified, int signed) in new[] { (5, 0, 0), (7, 2, 0), (8, 3, 3), (10, 4, 3), (12, 4, 4) })
        {
            TestRecording then = At(whole, chunks);
            await using Recording opened = await then.OpenAsync(Options(grant));
            RecordingReport report = await opened.VerifyAsync();
            Assert.Equal((chunks, RecordingState.Range, verified, signed), (chunks, report.State, report.Verified, report.Signed));
            List<Frame> frames = (await opened.PlayAsync()).Frames.Audio();
            Assert.Equal(verified, frames.Count);
            Assert.Equal(signed, frames.Count(frame => frame.IsSigned));
        }
    }

    [Fact]
    public async Task CreateGrant_OfWhatIsNotThere_IsRefused()
    {
        TestRecording recording = TestRecording.Small(_keys, 6);
        foreach (ChunkRange range in (ChunkRange[])[new(3, 3), new(-1, 2), new(2, 7)])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => GrantAsync(recording, range));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => GrantAsync(recording, new ChunkRange(0, 1), new GrantOptions { Purpose = new string('x', 1_025) }));
        EnvelopeForge forge = new(recording) { Form = 2 };
        forge.Contents = forge.Part([.. KeyNode.Cover(0, 2), .. KeyNode.Cover(4, Format.MaxChunks)]);
        recording.Envelope = forge.Envelope();
        await Assert.ThrowsAsync<NoMatchingKeyException>(() => GrantAsync(recording, new ChunkRange(1, 3)));
        Assert.Equal(new ChunkRange(4, 6), (await GrantAsync(recording, new ChunkRange(4, 6))).Range);
        // A chunk that is not what was signed is not granted as if it were.
        recording.Chunks[5][^1] ^= 1;
        await Assert.ThrowsAsync<TamperedException>(() => GrantAsync(recording, new ChunkRange(4, 6)));
    }

    internal static async Task AssertFramesAsync(TestRecording recording, Recording opened, ChunkRange range)
    {
        List<Frame> frames = (await opened.PlayAsync()).Frames.Audio();
        Assert.Equal(recording.Written.Skip(range.First).Take(range.Count).Select(frame => frame.Payload), frames.Select(frame => frame.Payload.ToArray()));
        Assert.All(frames, frame => Assert.True(range.Contains(frame.Chunk)));
    }

    // The same recording when it had fewer chunks.
    private static TestRecording At(TestRecording whole, int chunks)
    {
        TestRecording then = whole.Copy();
        then.Chunks.RemoveRange(chunks, then.Chunks.Count - chunks);
        then.Statements.RemoveAll(bytes => Statement.TryParse(bytes, out Statement? statement, out _) && statement.ChunkCount > chunks);
        return then;
    }

    private static ChunkRange Range(byte a, byte b) => new(Math.Min(a % 20, b % 20), Math.Max(a % 20, b % 20) + 1);

    private async Task GrantsAsync(ChunkRange first, ChunkRange second)
    {
        TestRecording recording = TestRecording.Small(_keys, 20);
        HashSet<int> opened = [];
        foreach (ChunkRange range in (ChunkRange[])[first, second])
        {
            Grant grant = await GrantAsync(recording, range);
            using RecordingKeys keys = GrantKeys.Open(grant, _grantee);
            Assert.False(keys.HasMetadataKeys);
            Assert.Equal([range], ChunkRanges.Of(keys.Nodes));
            opened.UnionWith(Enumerable.Range(0, 100).Where(keys.HasChunkKey));
            await using Recording reader = await recording.OpenAsync(Options(grant));
            await AssertFramesAsync(recording, reader, range);
        }

        Assert.Equal(Enumerable.Range(0, 100).Where(chunk => first.Contains(chunk) || second.Contains(chunk)), opened.Order());
    }

    private async Task FindAsync(int a, int b)
    {
        _long ??= TestRecording.Write(_keys, 10);
        await using Recording opened = await _long.OpenAsync();
        (int from, int to) = (Math.Min(a, b), Math.Max(a, b));
        ChunkRange within = await opened.FindWithinAsync(TimeSpan.FromMilliseconds(from), TimeSpan.FromMilliseconds(to));
        ChunkRange around = await opened.FindAroundAsync(TimeSpan.FromMilliseconds(from), TimeSpan.FromMilliseconds(to));
        // Chunk i holds frames from i · 1,000 to i · 1,000 + 980 ms.
        int[] whole = [.. Enumerable.Range(0, 10).Where(chunk => chunk * 1_000 >= from && (chunk * 1_000) + 980 < to)];
        int[] touched = [.. Enumerable.Range(0, 10).Where(chunk => (chunk * 1_000) + 980 >= from && chunk * 1_000 < to)];
        Assert.Equal(whole, Enumerable.Range(within.First, within.Count));
        if (touched.Length > 0)
        {
            Assert.Equal(new ChunkRange(Math.Max(0, touched[0] - 1), Math.Min(10, touched[^1] + 2)), around);
        }
    }

    private TestRecording? _long;

    private async Task<Grant> GrantAsync(TestRecording recording, ChunkRange range, GrantOptions? options = null)
    {
        await using Recording opened = await recording.OpenAsync();
        return await opened.CreateGrantAsync(range, Recipients.Of(_grantee.Recipient), _keys.Owner, options);
    }

    private ReaderOptions Options(Grant? grant, Identity? identity = null) => new() { Trust = _keys.Trust, Identity = identity ?? _grantee, Grant = grant };

    private string File(string name) => Path.Combine(_folder, name);
}
