using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Archive;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>An archive that lies to a gateway: the gateway says so, keeps what it has, and an honest archive gets all of it afterwards.</summary>
public sealed class UploadLieTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ArchiveKey _stranger = ArchiveKey.Generate();
    private LyingArchive _liar = null!;

    // Nothing reaches the real archive. Each is told for every record, for ever, and what the gateway says of it.
    public static TheoryData<string, string> Refusals => new()
    {
        { "has more chunks than were sent", "more chunks than it was given" },
        { "has all chunks there can be", "more chunks than it was given" },
        { "refuses good chunks as different", "(Different)" },
        { "forked, without a proof", "(Forked)" },
        { "forked, proven by another recording", "(Forked)" },
        { "forked, proven by statements that nobody signed", "(Forked)" },
        { "forked, proven by one statement twice", "(Forked)" },
        { "deleted, without a certificate", "(Deleted)" },
        { "deleted, with the certificate of another recording", "(Deleted)" },
        { "deleted, certified by an unknown key", "(Deleted)" },
        { "ended, with the receipt of another recording", "(receipt)" },
        { "ended, with a receipt by an unknown key", "(receipt)" },
        { "ended, without a receipt", "(receipt)" },
        { "invalid", "(Invalid)" },
        { "full", "(Limit)" },
        { "no status at all", "(Unspecified)" },
        { "a status that nobody knows", "(99)" },
        { "out of order, always from the start", "(OutOfOrder)" },
        { "unknown, however often it is begun", "(Unknown)" },
    };

    public async Task InitializeAsync() => _liar = await LyingArchive.StartAsync(new CallArchive.CallArchiveClient(fixture.Channel));

    public async Task DisposeAsync()
    {
        _stranger.Dispose();
        await _liar.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Upload_ToAnArchiveThatSays_IsRefusedKeptAndStoredLater(string lie, string said)
    {
        int records = 0;
        _liar.Lies.Upload = Answering(record => Interlocked.Increment(ref records) > 0 ? Tell(lie, record) : null);
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);

        CallWriter call = await gateway.RecordAsync(lie);

        RecordingHeader header = await gateway.HeaderAsync(call);
        await gateway.Log.SaysAsync(header.CoreId.ToString(), said);
        Assert.False(call.Durable.IsCompleted);
        Assert.Empty(gateway.Failures);
        // Not in a loop: what is refused waits.
        Assert.InRange(Volatile.Read(ref records), 1, 500);
        await gateway.StoredByAnHonestArchiveAsync();
    }

    // The real archive has stored it: only its receipt is changed.
    [Theory]
    [InlineData("of another recording")]
    [InlineData("of fewer chunks")]
    [InlineData("of other chunks")]
    [InlineData("by an unknown key")]
    [InlineData("that is none")]
    [InlineData("with a flipped bit")]
    public async Task Upload_ReceiptForTheSeal_IsRefusedAndTheTrueOneTakenLater(string which)
    {
        _liar.Lies.Progress = progress => [progress.Receipt.IsEmpty ? progress : new Progress(progress) { Receipt = Forge(which, progress.Receipt) }];
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);

        CallWriter call = await gateway.RecordAsync(which);

        await gateway.Log.SaysAsync((await gateway.HeaderAsync(call)).CoreId.ToString(), "(receipt)");
        Assert.False(call.Durable.IsCompleted);
        await gateway.StoredByAnHonestArchiveAsync();
    }

    // It cannot be undone with one archive: but it is told, with the chunk, and the call goes on in a linked recording.
    [Fact]
    public async Task Upload_AcknowledgesAndForgets_IsToldWithTheChunk()
    {
        using ForgetfulArchive forgetful = new();
        _liar.Lies.Upload = forgetful.RunAsync;
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);
        CallWriter call = await gateway.BeginAsync("forgotten");
        await gateway.WriteAsync(call);
        await forgetful.HasAcknowledgedAsync(2);

        forgetful.Forget();
        // The pump still ticks: what comes is asked for, and begun anew.
        await gateway.WriteAsync(call);

        string note = await gateway.Log.SaysAsync("Critical", "no longer has chunk", "acknowledged as durable");
        Assert.Contains((await gateway.HeaderAsync(call)).CoreId.ToString(), note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_OneOfTwoArchivesForgets_TheOtherHasEverything()
    {
        using ForgetfulArchive forgetful = new();
        _liar.Lies.Upload = forgetful.RunAsync;
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel, fixture.Channel);
        CallWriter call = await gateway.BeginAsync("forgotten by one");
        await gateway.WriteAsync(call);
        await forgetful.HasAcknowledgedAsync(2);

        forgetful.Forget();
        await gateway.WriteAsync(call);
        call.Complete();

        await call.Durable.WaitAsync(Patience);
        Assert.Empty(gateway.Failures);
        await gateway.CompleteAsync(fixture.Channel);
    }

    [Fact]
    public async Task Upload_OneOfTwoArchivesNeverAnswers_TheOtherIsNotSlowed()
    {
        _liar.Lies.Upload = async (_, _, cancellationToken) => await Task.Delay(Timeout.Infinite, cancellationToken);
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel, fixture.Channel);

        CallWriter call = await gateway.RecordAsync("silent");

        await call.Durable.WaitAsync(Patience);
        Assert.True(gateway.Recorder.SpooledBytes > 0);
        await gateway.StoredByAnHonestArchiveAsync();
    }

    [Fact]
    public async Task Upload_AnswersThatNobodyAskedFor_DoNoHarm()
    {
        TestRecording other = new(fixture.Gateway);
        _liar.Lies.Progress = progress =>
        [
            new Progress { CoreId = ByteString.CopyFrom(other.Id.ToArray()), Status = Status.Deleted },
            new Progress { CoreId = ByteString.CopyFrom(new byte[31]), Status = Status.Forked },
            new Progress { Status = Status.Durable, Sealed = true },
            progress,
        ];
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);

        CallWriter call = await gateway.RecordAsync("unasked");

        await call.Durable.WaitAsync(Patience);
        await gateway.CompleteAsync(fixture.Channel);
    }

    // Each answer is larger than a channel takes, so each breaks the stream.
    [Fact]
    public async Task Upload_GiantAnswers_AreNotReadAndNothingIsLost()
    {
        string giant = new('x', 5 << 20);
        _liar.Lies.Upload = Answering(record => new Progress { CoreId = record.CoreId, Status = Status.Invalid, Message = giant });
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);

        CallWriter call = await gateway.RecordAsync("giant");

        await gateway.Log.SaysAsync("The upload stream to");
        Assert.All(gateway.Log.All, note => Assert.InRange(note.Length, 0, 2_000));
        Assert.False(call.Durable.IsCompleted);
        await gateway.StoredByAnHonestArchiveAsync();
    }

    [Fact]
    public async Task Upload_HostileMessage_ReachesTheLogShortAndWithoutControlCharacters()
    {
        _liar.Lies.Upload = Answering(record => new Progress { CoreId = record.CoreId, Status = Status.Invalid, Message = "\u001b[2J\r\nforged line\0" + new string('x', 1 << 20) });
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);

        await gateway.RecordAsync("hostile");

        string note = await gateway.Log.SaysAsync("forged line");
        Assert.DoesNotContain(note, char.IsControl);
        Assert.InRange(note.Length, 1, 1_000);
    }

    [Fact]
    public async Task Upload_EndlessAnswers_AreReadAndNothingIsLost()
    {
        _liar.Lies.Upload = async (requests, responses, cancellationToken) =>
        {
            Assert.True(await requests.MoveNext(cancellationToken));
            UploadResponse answer = new() { Progress = { requests.Current.Records.Select(record => new Progress { CoreId = record.CoreId, Status = Status.Durable }) } };
            while (!cancellationToken.IsCancellationRequested)
            {
                await responses.WriteAsync(answer, cancellationToken);
                await Task.Yield();
            }
        };
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);

        CallWriter call = await gateway.RecordAsync("endless");

        Assert.False(call.Durable.IsCompleted);
        await gateway.StoredByAnHonestArchiveAsync();
    }

    [Fact]
    public async Task Upload_EveryStreamIsCutAfterItsFirstAnswer_NothingIsLost()
    {
        _liar.Lies.Progress = _ => throw new RpcException(new global::Grpc.Core.Status(StatusCode.Unavailable, "Again."));
        await using LiedToGateway gateway = await LiedToGateway.StartAsync(fixture, _liar.Channel);

        CallWriter call = await gateway.RecordAsync("cut");

        await gateway.Log.SaysAsync("The upload stream to");
        Assert.False(call.Durable.IsCompleted);
        _liar.Lies.Progress = null;
        // A cut that meets the wrong moment costs the answer's time-out of 30 s.
        await call.Durable.WaitAsync(3 * Patience);
        await gateway.CompleteAsync(fixture.Channel);
    }

    private static Func<IAsyncStreamReader<UploadRequest>, IServerStreamWriter<UploadResponse>, CancellationToken, Task> Answering(Func<Record, Progress?> answer) =>
        async (requests, responses, cancellationToken) =>
        {
            await foreach (UploadRequest request in requests.ReadAllAsync(cancellationToken))
            {
                UploadResponse response = new();
                foreach (Progress progress in request.Records.Select(answer).OfType<Progress>())
                {
                    response.Progress.Add(progress);
                }

                await responses.WriteAsync(response, cancellationToken);
            }
        };

    private Progress Tell(string lie, Record record)
    {
        Progress progress = new() { CoreId = record.CoreId, Status = Status.Durable };
        TestRecording other = new(fixture.Gateway, chunks: 3);
        CoreId id = new(record.CoreId.Span);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        switch (lie)
        {
            case "has more chunks than were sent":
                progress.DurableChunks = 1_000;
                break;
            case "has all chunks there can be":
                (progress.DurableChunks, progress.DurableStatements) = (uint.MaxValue, uint.MaxValue);
                break;
            case "refuses good chunks as different":
                progress.Status = record.ItemCase == Record.ItemOneofCase.Begin ? Status.Durable : Status.Different;
                break;
            case "forked, without a proof":
                progress.Status = Status.Forked;
                break;
            case "forked, proven by another recording":
                progress.Status = Status.Forked;
                progress.Conflict.Add(ByteString.CopyFrom(other.Checkpoint(2)));
                progress.Conflict.Add(ByteString.CopyFrom(other.Clone(0).Checkpoint(2)));
                break;
            case "forked, proven by statements that nobody signed":
                progress.Status = Status.Forked;
                progress.Conflict.Add(Unsigned(id, 1));
                progress.Conflict.Add(Unsigned(id, 1));
                break;
            case "forked, proven by one statement twice":
                progress.Status = Status.Forked;
                if (record.Begin is { } begin)
                {
                    progress.Conflict.Add(begin.Checkpoint);
                    progress.Conflict.Add(begin.Checkpoint);
                }

                break;
            case "deleted, without a certificate":
                progress.Status = Status.Deleted;
                break;
            case "deleted, with the certificate of another recording":
                progress.Status = Status.Deleted;
                progress.Deletion = Certificate(other.Id, now);
                break;
            case "deleted, certified by an unknown key":
                progress.Status = Status.Deleted;
                progress.Deletion = Certificate(id, now);
                break;
            case "ended, with the receipt of another recording":
                progress.Sealed = true;
                progress.Receipt = ByteString.CopyFrom(Receipt.Create(_stranger, Parsed(other.Seal(3)), now).ToArray());
                break;
            case "ended, with a receipt by an unknown key":
                progress.Sealed = true;
                progress.Receipt = ByteString.CopyFrom(Receipt.Create(_stranger, Parsed(Unsigned(id, 0).ToByteArray()), now).ToArray());
                break;
            case "ended, without a receipt":
                progress.Sealed = true;
                break;
            case "invalid":
                progress.Status = Status.Invalid;
                break;
            case "full":
                progress.Status = Status.Limit;
                break;
            case "no status at all":
                progress.Status = Status.Unspecified;
                break;
            case "a status that nobody knows":
                progress.Status = (Status)99;
                break;
            case "out of order, always from the start":
                progress.Status = Status.OutOfOrder;
                break;
            case "unknown, however often it is begun":
                progress.Status = Status.Unknown;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(lie), lie, null);
        }

        return progress;
    }

    private ByteString Certificate(CoreId id, DateTimeOffset now)
    {
        byte[] root = new byte[32];
        new MerklePeaks().Root(root);
        return ByteString.CopyFrom(DeletionCertificate.Create(_stranger, id, 0, 0, root, now).ToArray());
    }

    private ByteString Forge(string which, ByteString receipt)
    {
        TestRecording other = new(fixture.Gateway, chunks: 3);
        byte[] bytes = receipt.ToByteArray();
        Assert.True(Receipt.TryParse(bytes, out Receipt? real, out _));
        // Signed by the real archive's own key, as a liar that is the archive could.
        using ArchiveKey own = ArchiveKey.Load(Path.Combine(fixture.Folder, "archive.key"));
        return which switch
        {
            "of another recording" => ByteString.CopyFrom(Receipt.Create(own, Parsed(other.Seal(3)), real.Time).ToArray()),
            "of fewer chunks" => ByteString.CopyFrom(Receipt.Create(own, Parsed(Unsigned(real.CoreId, 0).ToByteArray()), real.Time).ToArray()),
            "of other chunks" => ByteString.CopyFrom(Receipt.Create(own, Parsed(Unsigned(real.CoreId, real.ChunkCount).ToByteArray()), real.Time).ToArray()),
            "by an unknown key" => ByteString.CopyFrom(Receipt.Create(_stranger, Parsed(Unsigned(real.CoreId, real.ChunkCount).ToByteArray()), real.Time).ToArray()),
            "that is none" => ByteString.CopyFrom(new byte[Receipt.Size]),
            _ => ByteString.CopyFrom([.. bytes[..^1], (byte)(bytes[^1] ^ 1)]),
        };
    }

    // As a statement of this recording would look; its signature is noise.
    private static ByteString Unsigned(CoreId id, int count)
    {
        byte[] root = count == 0 ? SHA256.HashData([]) : RandomNumberGenerator.GetBytes(32);
        byte[] bytes = new byte[Statement.Size];
        Statement.Write(bytes, StatementType.Checkpoint, id, RandomNumberGenerator.GetBytes(32), count, count, root, 1, EndReason.None, []);
        RandomNumberGenerator.Fill(bytes.AsSpan(Statement.SignedSize));
        return ByteString.CopyFrom(bytes);
    }

    private static Statement Parsed(byte[] bytes) => Statement.TryParse(bytes, out Statement? statement, out string? error) ? statement : throw new ArgumentException(error);
}
