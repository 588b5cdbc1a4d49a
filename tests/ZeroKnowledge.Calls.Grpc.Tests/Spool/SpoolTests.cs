namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>The laws of the spool (docs/SPOOL.md): what is written is found again, what is needed is never given up, and what is cut off costs only what was cut off.</summary>
public sealed class SpoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Reopen_AfterAnyHistory_FindsWhatIsNeeded(int seed)
    {
        Random random = new(seed);
        // So small that files are rolled, cleaned and deleted all the time.
        using SpoolFixture fixture = new(capacity: 256 << 10);
        Dictionary<SpooledCall, int> durable = [];
        for (int life = 0; life < 8; life++)
        {
            Live(fixture, random, durable, steps: 200);
            Reopen(fixture, durable);
        }

        Assert.InRange(fixture.Spool.DiskBytes, 0, fixture.Capacity + (fixture.Capacity / 8));
        Assert.Empty(fixture.Cuts);
        Assert.Equal(0, fixture.Failures);
        Assert.Contains(Directory.GetFiles(fixture.Folder, "journal-*"), path => string.CompareOrdinal(Path.GetFileName(path), "journal-0000000010") > 0);
    }

    [Fact]
    public void Reopen_TailCutAnywhere_LosesOnlyTheTail()
    {
        using SpoolFixture fixture = new();
        SpooledCall call = fixture.Begin("cut");
        for (int i = 0; i < 23; i++)
        {
            Assert.True(call.TryAppend());
        }

        fixture.Settle();
        string[] files = ["chunks-0000000001", "journal-0000000001"];
        foreach (string file in files)
        {
            int length = (int)new FileInfo(Path.Combine(fixture.Folder, file)).Length;
            for (int cut = 1; cut < length; cut += cut < 200 ? 1 : 97)
            {
                string copy = fixture.Copy($"-{file}-{cut}");
                using (FileStream tail = new(Path.Combine(copy, file), FileMode.Open))
                {
                    tail.SetLength(length - cut);
                }

                using (Spool spool = fixture.Open(copy))
                {
                    AssertPrefix(fixture, call, spool);
                }

                Directory.Delete(copy, recursive: true);
            }
        }
    }

    [Fact]
    public void Reopen_ByteFlippedAnywhere_LosesOnlyWhatFollowsInItsFile()
    {
        using SpoolFixture fixture = new();
        SpooledCall call = fixture.Begin("flip");
        for (int i = 0; i < 12; i++)
        {
            Assert.True(call.TryAppend());
        }

        fixture.Settle();
        foreach (string file in (string[])["chunks-0000000001", "journal-0000000001"])
        {
            byte[] whole = File.ReadAllBytes(Path.Combine(fixture.Folder, file));
            for (int at = 0; at < whole.Length; at += 61)
            {
                string copy = fixture.Copy($"-{file}-{at}");
                byte[] flipped = [.. whole];
                flipped[at] ^= 0x40;
                File.WriteAllBytes(Path.Combine(copy, file), flipped);
                fixture.Cuts.Clear();
                using (Spool spool = fixture.Open(copy))
                {
                    Assert.Equal([file], fixture.Cuts);
                    AssertPrefix(fixture, call, spool);
                }

                Directory.Delete(copy, recursive: true);
            }
        }
    }

    [Fact]
    public void Reopen_RecordsOfAnotherFile_AreNotTaken()
    {
        using SpoolFixture fixture = new();
        SpooledCall call = fixture.Begin("moved");
        Assert.True(call.TryAppend());
        fixture.Settle();
        string copy = fixture.Copy("-moved");
        File.Move(Path.Combine(copy, "journal-0000000001"), Path.Combine(copy, "journal-0000000002"));
        using (Spool spool = fixture.Open(copy))
        {
            Assert.Empty(spool.Found.Recordings);
        }

        Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public void TryReserve_AtTheBound_RefusesAndGivesRoomAgain()
    {
        using SpoolFixture fixture = new(capacity: 128 << 10);
        SpooledCall call = fixture.Begin("full");
        while (call.TryAppend())
        {
            fixture.Settle();
        }

        int written = call.Chunks.Count;
        Assert.True(fixture.Spool.IsFull);
        Assert.InRange(fixture.Spool.DiskBytes, fixture.Capacity / 2, fixture.Capacity);
        call.AssertHeld(0);

        call.Acknowledge(0, written);
        Assert.False(call.TryAppend());
        call.Acknowledge(1, written);
        SpinWait.SpinUntil(call.TryAppend, TimeSpan.FromSeconds(60));
        fixture.Settle();
        Assert.Equal(written + 1, call.Recording.Count);
        call.AssertHeld(written);
    }

    [Fact]
    public void Release_OneRecordingIsNeverTaken_DoesNotKeepTheFilesOfTheOthers()
    {
        using SpoolFixture fixture = new(capacity: 1 << 20);
        SpooledCall stuck = fixture.Begin("refused"), good = fixture.Begin("taken");
        int refused = 0;
        for (int i = 0; i < 3_000; i++)
        {
            // A chunk of the one in nearly every file of the other.
            if (i % 60 == 0)
            {
                Assert.True(stuck.TryAppend());
            }

            if (!SpinWait.SpinUntil(good.TryAppend, TimeSpan.FromSeconds(10)))
            {
                refused++;
            }

            if (i % 5 == 0)
            {
                fixture.Settle();
                good.Acknowledge(0, good.Recording.Count);
                good.Acknowledge(1, good.Recording.Count);
            }
        }

        Assert.Equal(0, refused);
        fixture.Settle();
        stuck.AssertHeld(0);
        fixture.Reopen();
        stuck.Recording = fixture.Spool.Found.Recordings.Single(found => found.CoreId == stuck.CoreId).Recording;
        Assert.Equal(stuck.Chunks.Count, stuck.Recording.Count);
        stuck.AssertHeld(0);
    }

    [Fact]
    public void Clean_LargeChunksAmongSmallOnes_Ends()
    {
        // Files of 16 KiB: each large chunk, which every archive lacks, fills one; of the small ones nearly all are given up.
        using SpoolFixture fixture = new(capacity: 4 << 20);
        SpooledCall large = fixture.Begin("large", bitRate: 1_600_000), stuck = fixture.Begin("refused"), good = fixture.Begin("taken");
        for (int i = 0; i < 2; i++)
        {
            Assert.True(large.TryAppend());
            fixture.Settle();
        }

        for (int i = 0; i < 900; i++)
        {
            Assert.True(good.TryAppend());
            if (i % 15 == 0)
            {
                Assert.True(stuck.TryAppend());
                fixture.Settle();
            }
        }

        fixture.Settle();
        long before = fixture.Spool.DiskBytes;
        good.Acknowledge(0, good.Recording.Count);
        good.Acknowledge(1, good.Recording.Count);
        Assert.True(SpinWait.SpinUntil(() => fixture.Spool.DiskBytes < before - (before / 3), TimeSpan.FromSeconds(60)), "The files of what was given up stay.");
        Assert.True(large.TryAppend());
        fixture.Settle();
        stuck.AssertHeld(0);
        large.AssertHeld(0);
    }

    [Fact]
    public void Written_DiskFails_IsKeptAndWrittenWhenItWorksAgain()
    {
        using SpoolFixture fixture = new(capacity: 512 << 10);
        SpooledCall call = fixture.Begin("failing");
        Assert.True(call.TryAppend());
        fixture.Settle();
        // A folder where the next file should be: it cannot be made, as on a full disk.
        string next = Path.Combine(fixture.Folder, "chunks-0000000002");
        Directory.CreateDirectory(next);
        while (fixture.Spool.Fault is null && call.TryAppend())
        {
            Thread.Sleep(1);
        }

        int accepted = call.Chunks.Count;
        SpinWait.SpinUntil(() => fixture.Spool.Fault is not null, TimeSpan.FromSeconds(60));
        Assert.NotNull(fixture.Spool.Fault);
        Assert.False(call.TryAppend());
        // Told a moment after it was noted.
        SpinWait.SpinUntil(() => fixture.Failures > 0, TimeSpan.FromSeconds(60));
        Assert.True(fixture.Failures > 0);

        Directory.Delete(next);
        SpinWait.SpinUntil(() => fixture.Spool.Fault is null, TimeSpan.FromSeconds(60));
        fixture.Settle();
        Assert.Equal(accepted, call.Recording.Count);
        call.AssertHeld(0);
    }

    // Whatever is found is a prefix of what was written, whole, and a recovery of it would say the truth.
    private static void AssertPrefix(SpoolFixture fixture, SpooledCall call, Spool spool)
    {
        if (spool.Found.Recordings.Count == 0)
        {
            return;
        }

        RecoverableRecording found = Assert.Single(spool.Found.Recordings);
        Statement recovery = fixture.Recover(found);
        Assert.Equal(call.Root(recovery.ChunkCount), recovery.Root.ToArray());
        Assert.True(recovery.LiveCount <= recovery.ChunkCount);
        SpooledRecording before = call.Recording;
        call.Recording = found.Recording;
        call.AssertHeld(0);
        call.Recording = before;
        Assert.Equal(recovery.ChunkCount, found.Recording.Count);
    }

    private static void Live(SpoolFixture fixture, Random random, Dictionary<SpooledCall, int> durable, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step(fixture, random, durable);
        }
    }

    private static void Step(SpoolFixture fixture, Random random, Dictionary<SpooledCall, int> durable)
    {
        SpooledCall[] live = [.. fixture.Calls.Where(call => !call.IsDone)];
        if (live.Length < 4)
        {
            durable.Add(fixture.Begin($"call {fixture.Calls.Count}"), 0);
            return;
        }

        SpooledCall call = live[random.Next(live.Length)];
        switch (random.Next(12))
        {
            case < 7 when !call.IsOver:
                call.TryAppend();
                break;
            case < 9:
                fixture.Settle();
                int chunks = random.Next(call.Recording.First, call.Recording.Count + 1);
                call.Acknowledge(0, call.Recording.Count);
                call.Acknowledge(1, chunks);
                durable[call] = Math.Max(durable[call], chunks);
                break;
            case 9 when !call.IsOver && random.Next(4) == 0:
                call.Seal();
                break;
            case 10 when call.IsSealed || call.IsOver:
                fixture.Settle();
                call.Finish();
                break;
            default:
                break;
        }
    }

    private static void Reopen(SpoolFixture fixture, Dictionary<SpooledCall, int> durable)
    {
        fixture.Settle();
        fixture.Reopen();
        SpooledCall[] held = [.. fixture.Calls.Where(call => !call.IsDone)];
        Assert.Equal(held.Select(call => call.CoreId), fixture.Spool.Found.Recordings.Select(found => found.CoreId));
        foreach ((SpooledCall call, RecoverableRecording found) in held.Zip(fixture.Spool.Found.Recordings))
        {
            Assert.Equal(call.IsSealed, found.IsSealed);
            Assert.Equal(call.Chunks.Count, found.Recording.Count);
            if (!call.IsSealed)
            {
                Statement recovery = fixture.Recover(found);
                Assert.Equal(call.Chunks.Count, recovery.ChunkCount);
                Assert.Equal(call.Root(call.Chunks.Count), recovery.Root.ToArray());
            }

            call.Recording = found.Recording;
            call.IsOver = true;
            call.AssertHeld(durable[call]);
        }
    }
}
