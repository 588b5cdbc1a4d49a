using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Archive;
using ZeroKnowledge.Calls.Grpc.Tests.Lies;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

public sealed class DeletionQueueTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Customer _customer = new();
    private RunningArchive _paris = null!;

    private string File => Path.Combine(_customer.Folder, "deletions");

    private Dictionary<string, ArchiveClient> Archives => new()
    {
        ["berlin"] = _customer.Client, ["paris"] = new ArchiveClient(_paris.Channel),
    };

    public async Task InitializeAsync()
    {
        await _customer.InitializeAsync();
        _paris = await _customer.AddArchiveAsync("paris");
    }

    public Task DisposeAsync() => _customer.DisposeAsync();

    [Fact]
    public async Task RunAsync_OneArchiveDown_DeletesAtTheOtherAndGoesOnUntilItIsBack()
    {
        WrittenCall call = await _customer.StoreAsync();
        await call.UploadAsync(_paris.Client);
        await _paris.StopAsync();
        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([call.Id], ["berlin", "paris"]);
        Told told = new();

        Task running = queue.RunAsync(Archives, _customer.Register, _customer.Trust, told);
        await told.FailedAsync("paris");

        Assert.Equal([new PendingDeletion(call.Id, "paris")], await UntilAsync(() => queue.Pending, pending => pending.Count == 1));
        await _paris.StartAsync();
        await running.WaitAsync(Patience);

        Assert.Empty(queue.Pending);
        Assert.Equal([(call.Id, _customer.Berlin.Key, 10), (call.Id, _paris.Key, 10)],
            queue.Certificates(call.Id).Select(certificate => (certificate.CoreId, certificate.ArchiveKey, certificate.ChunksDeleted)));
        Assert.All(queue.Certificates(call.Id), certificate => Assert.True(certificate.Verify(_customer.Trust)));
    }

    [Fact]
    public async Task Open_AfterTheProcessDied_KnowsWhatWasPendingAndCertified()
    {
        WrittenCall call = await _customer.StoreAsync();
        byte[] died;
        using (DeletionQueue queue = DeletionQueue.Open(File))
        {
            await queue.AddAsync([call.Id], ["berlin", "paris"]);
            await queue.AttemptAsync(new Dictionary<string, ArchiveClient> { ["berlin"] = _customer.Client }, _customer.Register, _customer.Trust);
            died = ReadShared(File);
        }

        string copy = File + "-copy";
        await System.IO.File.WriteAllBytesAsync(copy, died);
        using DeletionQueue again = DeletionQueue.Open(copy);

        Assert.Equal([new PendingDeletion(call.Id, "paris")], again.Pending);
        Assert.Equal(_customer.Berlin.Key, Assert.Single(again.Certificates(call.Id)).ArchiveKey);
    }

    [Fact]
    public async Task AuditAsync_AfterADeletion_IsDeletedByThatArchiveOnly()
    {
        WrittenCall call = await _customer.StoreAsync();
        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([call.Id], ["berlin"]);
        Assert.True(await queue.AttemptAsync(Archives, _customer.Register, _customer.Trust));
        AuditOptions options = new() { Trust = _customer.Trust, Register = _customer.Register, Deletions = queue };

        AuditReport berlin = await _customer.Client.AuditAsync(options), paris = await new ArchiveClient(_paris.Channel).AuditAsync(options);

        Assert.Equal((true, 1), (berlin.IsWell, berlin.Totals[AuditVerdict.Deleted]));
        AuditedRecording finding = Assert.Single(paris.Findings);
        Assert.Equal(AuditVerdict.Missing, finding.Verdict);
        Assert.Contains(finding.Details, detail => detail.Contains("Another archive", StringComparison.Ordinal));
    }

    // The owner has deleted it everywhere; a gateway was cut off meanwhile and still has it to send.
    [Fact]
    public async Task RunAsync_RecordingStillInASpool_DoesNotComeBack()
    {
        WrittenCall call = WrittenCall.Write(_customer);
        await _customer.Register.AddAsync([call.Row()]);
        await call.UploadAsync(_customer.Berlin.Client, upTo: 5);
        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([call.Id], ["berlin"]);
        await queue.RunAsync(new Dictionary<string, ArchiveClient> { ["berlin"] = _customer.Client }, _customer.Register, _customer.Trust).WaitAsync(Patience);

        using UploadSession spool = new(_customer.Berlin.Client);
        Progress answer = await spool.SendAsync(call.Of(record => record.Query = new Query()));

        Assert.Equal(Status.Deleted, answer.Status);
        Assert.Empty(await ListAsync());
    }

    // The second archive lags: it never had the recording, and the gateway's spool still has it for that one.
    [Fact]
    public async Task RunAsync_ArchiveThatNeverHadIt_CertifiesThatAndTakesItFromNoSpoolLater()
    {
        WrittenCall call = await _customer.StoreAsync();
        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([call.Id], ["berlin", "paris"]);
        await queue.RunAsync(Archives, _customer.Register, _customer.Trust).WaitAsync(Patience);

        Assert.Equal([0, 10], queue.Certificates(call.Id).Select(certificate => certificate.ChunksDeleted).Order());
        using UploadSession spool = new(_paris.Client);
        List<Progress> answers = await spool.SendAllAsync([call.Of(record => record.Begin = new Begin
        {
            Header = UnsafeByteOperations.UnsafeWrap(call.Header.ToArray()),
            OpeningRecord = UnsafeByteOperations.UnsafeWrap(call.Start.OpeningRecord),
            Checkpoint = UnsafeByteOperations.UnsafeWrap(call.Statements[0]),
        }), call.Of(record => record.Chunk = new Chunk { Index = 0, Data = UnsafeByteOperations.UnsafeWrap(call.Chunks[0]) })]);

        Assert.All(answers, answer => Assert.Equal(Status.Deleted, answer.Status));
        AuditOptions options = new() { Trust = _customer.Trust, Register = _customer.Register, Deletions = queue };
        AuditReport paris = await new ArchiveClient(_paris.Channel).AuditAsync(options);
        Assert.Equal((true, 1, 0), (paris.IsWell, paris.Totals[AuditVerdict.Deleted], paris.Listed));
    }

    // A gateway that was cut off has the whole call in its spool when the owner deletes it.
    [Fact]
    public async Task RunAsync_WholeCallInAGatewaysSpool_IsDroppedThereAndDoesNotComeBack()
    {
        await using LyingArchive between = await LyingArchive.StartAsync(_customer.Berlin.Client);
        using CancellationTokenSource cut = new();
        between.Lies.Upload = async (_, _, cancellationToken) =>
        {
            using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut.Token);
            await Task.Delay(Timeout.Infinite, ending.Token);
        };
        await using CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [between.Channel],
            Spool = Path.Combine(_customer.Folder, "spool"),
            Register = _customer.Register,
            Trust = _customer.Trust,
            Policy = new RecordingPolicy
            {
                Recipients = Recipients.Of(_customer.Identity.Recipient, _customer.Recovery.Recipient), Gateway = _customer.Gateway, Tick = TimeSpan.FromMilliseconds(50),
            },
        });
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "deleted", Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160]));
        call.Complete();
        await UntilAsync(() => recorder.ActiveCalls, active => active == 0);
        await UntilAsync(() => recorder.SpooledBytes, bytes => bytes > 0);
        CoreId id = Assert.Single(await _customer.Register.FindAsync(call.RecordingId)).Header.CoreId;

        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([id], ["berlin"]);
        await queue.RunAsync(new Dictionary<string, ArchiveClient> { ["berlin"] = _customer.Client }, _customer.Register, _customer.Trust).WaitAsync(Patience);
        between.Lies.Upload = null;
        await cut.CancelAsync();

        await recorder.DrainAsync().WaitAsync(Patience);
        Assert.Empty(await ListAsync());
        Assert.Equal(0, recorder.SpooledBytes);
        AuditReport report = await _customer.Client.AuditAsync(new AuditOptions { Trust = _customer.Trust, Register = _customer.Register, Deletions = queue });
        Assert.Equal((true, 1), (report.IsWell, report.Totals[AuditVerdict.Deleted]));
    }

    [Fact]
    public async Task RunAsync_UnderALegalHold_AsksNoArchiveUntilItEnds()
    {
        WrittenCall held = await _customer.StoreAsync(), other = await _customer.StoreAsync();
        await _customer.Register.SetHoldAsync(held.Id, "case 4711");
        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([held.Id, other.Id], ["berlin"]);
        Dictionary<string, ArchiveClient> berlin = new() { ["berlin"] = _customer.Client };
        Told told = new();

        await queue.RunAsync(berlin, _customer.Register, _customer.Trust, told).WaitAsync(Patience);

        Assert.Equal([new PendingDeletion(held.Id, "berlin")], queue.Pending);
        DeletionProgress kept = Assert.Single(told.All, progress => progress.CoreId == held.Id);
        Assert.Equal((null, null, "case 4711"), (kept.Certificate, kept.Failure, kept.Hold));
        Assert.Equal([held.Id], (await ListAsync()).Select(listed => listed.CoreId));
        Assert.False(await queue.AttemptAsync(berlin, _customer.Register, _customer.Trust));

        await _customer.Register.SetHoldAsync(held.Id, null);
        await queue.RunAsync(berlin, _customer.Register, _customer.Trust).WaitAsync(Patience);

        Assert.Empty(queue.Pending);
        Assert.Empty(await ListAsync());
        Assert.Single(queue.Certificates(held.Id));
    }

    // A wrong path, a gateway's own register or an older copy: none of them knows the hold.
    [Fact]
    public async Task RunAsync_UnknownToTheRegister_AsksNoArchiveUnlessAllowed()
    {
        WrittenCall unknown = await _customer.StoreAsync(register: false), known = await _customer.StoreAsync();
        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([unknown.Id, known.Id], ["berlin"]);
        Dictionary<string, ArchiveClient> berlin = new() { ["berlin"] = _customer.Client };
        Told told = new();

        Assert.False(await queue.AttemptAsync(berlin, _customer.Register, _customer.Trust));
        await queue.RunAsync(berlin, _customer.Register, _customer.Trust, told).WaitAsync(Patience);

        Assert.Equal([new PendingDeletion(unknown.Id, "berlin")], queue.Pending);
        DeletionProgress kept = Assert.Single(told.All);
        Assert.Equal((unknown.Id, null, null), (kept.CoreId, kept.Certificate, kept.Failure));
        Assert.Contains("does not know", kept.Hold, StringComparison.Ordinal);
        Assert.Equal([unknown.Id], (await ListAsync()).Select(listed => listed.CoreId));

        Assert.True(await queue.AttemptAsync(berlin, _customer.Register, _customer.Trust, allowUnknown: true));

        Assert.Empty(await ListAsync());
        Assert.Single(queue.Certificates(unknown.Id));
    }

    [Fact]
    public async Task RunAsync_UnknownName_IsRefused()
    {
        using DeletionQueue queue = DeletionQueue.Open(File);

        await Assert.ThrowsAsync<ArgumentException>(() => queue.RunAsync(new Dictionary<string, ArchiveClient> { ["london"] = _customer.Client }, _customer.Register, _customer.Trust));
    }

    [Fact]
    public async Task RunAsync_Cancelled_LeavesThemPending()
    {
        await _paris.StopAsync();
        using DeletionQueue queue = DeletionQueue.Open(File);
        CoreId id = WrittenCall.Write(_customer, chunks: 0).Id;
        await queue.AddAsync([id], ["paris"]);
        using CancellationTokenSource ending = new();
        Told told = new();

        Task running = queue.RunAsync(Archives, _customer.Register, _customer.Trust, told, allowUnknown: true, cancellationToken: ending.Token);
        await told.FailedAsync("paris");
        await ending.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
        Assert.Equal([new PendingDeletion(id, "paris")], queue.Pending);
    }

    [Fact]
    public async Task Open_TornAtEveryByte_KeepsEveryWholeLine()
    {
        CoreId[] ids = [.. Enumerable.Range(0, 3).Select(i => new CoreId([.. Enumerable.Repeat((byte)i, CoreId.Size)]))];
        using (DeletionQueue queue = DeletionQueue.Open(File))
        {
            foreach (CoreId id in ids)
            {
                await queue.AddAsync([id], ["berlin"]);
            }
        }

        byte[] whole = await System.IO.File.ReadAllBytesAsync(File);
        for (int length = 0; length <= whole.Length; length++)
        {
            // Cut short, and cut short with the zeros of blocks that never reached the disk.
            foreach (byte[] torn in new[] { whole[..length], [.. whole[..length], .. new byte[whole.Length - length]] })
            {
                await System.IO.File.WriteAllBytesAsync(File, torn);
                if (length < torn.Length && length < "# zkcalls deletions 1\n".Length)
                {
                    // Zeros of a larger file: nobody knows what it was.
                    Assert.Throws<FormatException>(() => DeletionQueue.Open(File));
                    continue;
                }

                using (DeletionQueue queue = DeletionQueue.Open(File))
                {
                    Assert.Equal(Math.Max(0, whole.AsSpan(0, length).Count((byte)'\n') - 1), queue.Pending.Count);
                    await queue.AddAsync([ids[2]], ["paris"]);
                }

                using DeletionQueue again = DeletionQueue.Open(File);
                Assert.Contains(new PendingDeletion(ids[2], "paris"), again.Pending);
            }
        }
    }

    [Theory]
    [InlineData("not a queue\n")]
    [InlineData("no line end")]
    [InlineData("# zkcalls deletions 1\nnonsense\n")]
    [InlineData("# zkcalls deletions 1\ndelete 00 berlin\n")]
    [InlineData("# zkcalls deletions 1\ndeleted 0000000000000000000000000000000000000000000000000000000000000000 AAAA berlin\n")]
    public async Task Open_AnotherFile_IsRefusedAndLeftAsItIs(string text)
    {
        await System.IO.File.WriteAllTextAsync(File, text);

        Assert.Throws<FormatException>(() => DeletionQueue.Open(File));

        Assert.Equal(text, await System.IO.File.ReadAllTextAsync(File));
    }

    [Fact]
    public async Task Open_LineThatNeverEnds_IsRefused()
    {
        await System.IO.File.WriteAllTextAsync(File, "# zkcalls deletions 1\n" + new string('x', 1 << 20));

        Assert.Throws<FormatException>(() => DeletionQueue.Open(File));
    }

    [Fact]
    public void Open_Twice_IsRefused()
    {
        using DeletionQueue queue = DeletionQueue.Open(File);

        Assert.Throws<IOException>(() => DeletionQueue.Open(File));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" berlin")]
    [InlineData("ber\nlin")]
    public async Task AddAsync_BadName_IsRefused(string name)
    {
        using DeletionQueue queue = DeletionQueue.Open(File);

        await Assert.ThrowsAsync<ArgumentException>(() => queue.AddAsync([default], [name]));
    }

    [Fact]
    public async Task AddAsync_Twice_IsPendingOnce()
    {
        using DeletionQueue queue = DeletionQueue.Open(File);
        await queue.AddAsync([default], ["berlin"]);
        await queue.AddAsync([default], ["berlin", "a name with spaces"]);

        Assert.Equal(2, queue.Pending.Count);
        Assert.Equal(3, Encoding.UTF8.GetString(ReadShared(File)).Count(c => c == '\n'));
    }

    // The queue's own lock on the file is for those who open it to write as it does.
    private static byte[] ReadShared(string path)
    {
        using System.Diagnostics.Process cat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat", [path]) { RedirectStandardOutput = true })!;
        using MemoryStream content = new();
        cat.StandardOutput.BaseStream.CopyTo(content);
        cat.WaitForExit();
        return content.ToArray();
    }

    private async Task<List<ArchivedRecording>> ListAsync()
    {
        List<ArchivedRecording> all = [];
        await foreach (ArchivedRecording recording in _customer.Client.ListAsync())
        {
            all.Add(recording);
        }

        return all;
    }

    private static async Task<T> UntilAsync<T>(Func<T> read, Func<T, bool> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            T value = read();
            if (holds(value))
            {
                return value;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    private sealed class Told : IProgress<DeletionProgress>
    {
        private readonly Dictionary<string, TaskCompletionSource> _failed = [];

        public ConcurrentQueue<DeletionProgress> All { get; } = [];

        public void Report(DeletionProgress value)
        {
            All.Enqueue(value);
            if (value.Failure is { } failure)
            {
                Assert.True(failure.IsTransient);
                Of(value.Archive).TrySetResult();
            }
        }

        public Task FailedAsync(string archive) => Of(archive).Task.WaitAsync(Patience);

        private TaskCompletionSource Of(string archive)
        {
            lock (_failed)
            {
                return _failed.TryGetValue(archive, out TaskCompletionSource? failed) ? failed
                    : _failed[archive] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
