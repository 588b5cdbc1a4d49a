using System.Diagnostics;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

// Listing, many callers at once, cancellation, disposal.
public abstract partial class RegisterContract
{
    [Fact]
    public async Task ListAsync_Range_IncludesItsStartAndExcludesItsEnd()
    {
        RegisteredRecording[] rows = Rows.Many(5);
        await Register.AddAsync([rows[3], rows[0], rows[4], rows[1], rows[2]]);
        DateTimeOffset at(int i) => RegisterRows.Begun.AddSeconds(i);
        Assert.Equal([0, 1, 2, 3, 4], await Listed(null, null));
        Assert.Equal([1, 2], await Listed(at(1), at(3)));
        Assert.Equal([2, 3, 4], await Listed(at(1).AddTicks(1), null));
        Assert.Equal([0, 1], await Listed(null, at(1).AddTicks(1)));
        Assert.Equal([1], await Listed(at(1).ToOffset(TimeSpan.FromHours(5)), at(2).ToOffset(TimeSpan.FromHours(-5))));
        Assert.Equal([0, 1, 2, 3, 4], await Listed(DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
        Assert.Empty(await Listed(at(3), at(3)));
        Assert.Empty(await Listed(at(3), at(1)));
        Assert.Empty(await Listed(null, DateTimeOffset.UnixEpoch.AddYears(-1)));

        async Task<List<int>> Listed(DateTimeOffset? since, DateTimeOffset? until) =>
            [.. (await ListAsync(since, until)).Select(row => Array.FindIndex(rows, r => r.Header.CoreId == row.Header.CoreId))];
    }

    [Fact]
    public async Task ListAsync_TimesBeyondEveryCalendar_ComeLast()
    {
        RegisteredRecording[] rows = [Rows.Row(), Rows.RowAt(253_402_300_800_000), Rows.RowAt(long.MaxValue), Rows.RowAt(ulong.MaxValue)];
        await Register.AddAsync([rows[3], rows[2], rows[1], rows[0]]);
        List<RegisteredRecording> listed = await ListAsync();
        Assert.Equal(rows[..2].Select(row => row.Header.CoreId), listed[..2].Select(row => row.Header.CoreId));
        Assert.Equal(rows[2..].Select(row => row.Header.CoreId).ToHashSet(), [.. listed[2..].Select(row => row.Header.CoreId)]);
        Assert.Single(await ListAsync(until: DateTimeOffset.MaxValue));
        foreach (RegisteredRecording row in rows)
        {
            RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
        }
    }

    [Fact]
    public async Task ListAsync_ManyRowsOfOneMoment_GivesEachOnce()
    {
        RegisteredRecording[] rows = [.. Enumerable.Range(0, 300).Select(_ => Rows.Row(RegisterRows.Begun))];
        await Register.AddAsync(rows);
        List<RegisteredRecording> listed = await ListAsync();
        Assert.Equal(300, listed.Count);
        Assert.Equal(rows.Select(row => row.Header.CoreId).ToHashSet(), [.. listed.Select(row => row.Header.CoreId)]);
    }

    [Fact]
    public async Task ListAsync_ChangesWhileIterating_AreNotHeldUpAndShowIfTheirPlaceIsToCome()
    {
        RegisteredRecording[] rows = Rows.Many(200);
        await Register.AddAsync(rows);
        RegisteredRecording earlier = Rows.Row(RegisterRows.Begun.AddSeconds(-1));
        RegisteredRecording later = Rows.Row(RegisterRows.Begun.AddSeconds(500));
        List<CoreId> seen = [];
        await foreach (RegisteredRecording row in Register.ListAsync())
        {
            if (seen.Count == 0)
            {
                await Register.AddAsync([earlier, later]);
                await Register.RemoveAsync([rows[150].Header.CoreId]);
            }

            seen.Add(row.Header.CoreId);
        }

        Assert.Equal([.. rows.Where((_, i) => i != 150).Select(row => row.Header.CoreId), later.Header.CoreId], seen);
    }

    [Fact]
    public async Task ListAsync_Cancelled_Ends()
    {
        await Register.AddAsync(Rows.Many(10));
        using CancellationTokenSource cancellation = new();
        int count = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (RegisteredRecording row in Register.ListAsync(cancellationToken: cancellation.Token))
            {
                count++;
                await cancellation.CancelAsync();
            }
        });
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task AddAsync_FromSixteenTasks_TakesEveryRow()
    {
        RegisteredRecording[][] rows = [.. Enumerable.Range(0, 16).Select(_ => Rows.Many(40))];
        await Task.WhenAll(rows.Select(mine => Task.Run(async () =>
        {
            foreach (RegisteredRecording row in mine)
            {
                await Register.AddAsync([row]);
                RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
            }
        })));
        Assert.Equal(16 * 40, (await ListAsync()).Count);
    }

    [Fact]
    public async Task AddAsync_RefusedAmongManyAtOnce_TakesNoOtherWithIt()
    {
        RegisteredRecording[] rows = Rows.Many(60);
        RegisteredRecording bad = RegisterRows.With(rows[59], statements: [RegisterRows.Forged(rows[59].Statements[0])]);
        Task[] adding = [.. rows[..59].Select((row, i) => Register.AddAsync(i % 3 == 0 ? [row, bad] : [row]).AsTask())];
        for (int i = 0; i < adding.Length; i++)
        {
            if (i % 3 == 0)
            {
                await RefusedAsync(() => new ValueTask(adding[i]), "signature");
            }
            else
            {
                await adding[i];
            }
        }

        Assert.Equal(rows.Where((_, i) => i < 59 && i % 3 != 0).Select(row => row.Header.CoreId), (await ListAsync()).Select(row => row.Header.CoreId));
    }

    [Fact]
    public async Task Changes_NotAwaited_HappenInTheOrderOfTheCalls()
    {
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        Statement checkpoint = RegisterRows.Checkpoint(writer);
        KeyEnvelope second = Rows.Envelope(row, 2);
        KeyEnvelope third = Rows.Envelope(row, 3);
        ErasureCertificate certificate = Rows.Erasure(row, 3);
        await Task.WhenAll(
            Register.AddAsync([row]).AsTask(),
            Register.ReplaceEnvelopeAsync(second).AsTask(),
            Register.AddEvidenceAsync([new(row.Header.CoreId, checkpoint)]).AsTask(),
            Register.EraseAsync(certificate, third).AsTask());
        RegisterRows.AssertSame(
            RegisterRows.With(row, third, [.. row.Statements, checkpoint], erasures: [certificate]), await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task AddAsync_TenThousandRecordingsInBatches_TakesReasonableTime()
    {
        RegisteredRecording[] rows = new RegisteredRecording[10_000];
        Parallel.For(0, rows.Length, i => rows[i] = Rows.Row(RegisterRows.Begun.AddSeconds(i)));
        Stopwatch watch = Stopwatch.StartNew();
        foreach (RegisteredRecording[] batch in rows.Chunk(100))
        {
            await Register.AddAsync(batch);
        }

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.Equal(rows.Select(row => row.Header.CoreId), (await ListAsync()).Select(row => row.Header.CoreId));
    }

    [Fact]
    public async Task AddAsync_CancelledWhileWaiting_IsDoneAllTheSame()
    {
        RegisteredRecording[] rows = Rows.Many(100);
        using CancellationTokenSource cancellation = new();
        ValueTask adding = Register.AddAsync(rows, cancellation.Token);
        await cancellation.CancelAsync();
        try
        {
            await adding;
        }
        catch (OperationCanceledException)
        {
            // Unless it was faster than the cancellation.
        }

        await ReopenAsync();
        Assert.Equal(100, (await ListAsync()).Count);
    }

    [Fact]
    public async Task AddAsync_CancelledBefore_DoesNothing()
    {
        CancellationToken cancelled = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Register.AddAsync([Rows.Row()], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Register.FindAsync(Rows.Row().Header.CoreId, cancelled));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task EveryMethod_NothingGiven_SaysWhichArgument()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("recordings", async () => await Register.AddAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>("recordings", async () => await Register.AddAsync([null!]));
        await Assert.ThrowsAsync<ArgumentNullException>("evidence", async () => await Register.AddEvidenceAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>("evidence", async () => await Register.AddEvidenceAsync([null!]));
        await Assert.ThrowsAsync<ArgumentNullException>("envelope", async () => await Register.ReplaceEnvelopeAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("certificate", async () => await Register.EraseAsync(null!, null));
        await Assert.ThrowsAsync<ArgumentNullException>("coreIds", async () => await Register.RemoveAsync(null!));
        await Register.AddAsync([]);
        await Register.AddEvidenceAsync([]);
        await Register.RemoveAsync([]);
    }

    [Fact]
    public async Task DisposeAsync_WithChangesUnderWay_FinishesThemAndTakesNoMore()
    {
        RegisteredRecording[] rows = Rows.Many(50);
        Task[] adding = [.. rows.Select(row => Register.AddAsync([row]).AsTask())];
        await Register.DisposeAsync();
        Assert.All(adding, task => Assert.True(task.IsCompletedSuccessfully));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Register.AddAsync([rows[0]]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Register.FindAsync(rows[0].Header.CoreId));
        await Assert.ThrowsAsync<ObjectDisposedException>(ListAsyncOnce);
        await Register.DisposeAsync();

        await ReopenAsync();
        Assert.Equal(50, (await ListAsync()).Count);

        Task ListAsyncOnce() => ListAsync();
    }
}
