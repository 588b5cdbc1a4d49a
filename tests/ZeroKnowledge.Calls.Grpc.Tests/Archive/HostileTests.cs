using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class HostileTests(ArchiveFixture archive) : IClassFixture<ArchiveFixture>
{
    private static readonly int[] Lengths = [0, 1, 31, 32, 33, 64, 193, 216, 223, 224, 225, 236, 237, 316, 1084, 4156, 5000];

    [Fact]
    public async Task Upload_RandomBytesInEveryField_AreRefusedAndChangeNothing()
    {
        TestRecording recording = archive.NewRecording(20);
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync(recording.All().SkipLast(1));
        await upload.NextAsync();

        for (int round = 0; round < 300; round++)
        {
            await upload.WriteAsync(Enumerable.Range(0, 20).Select(_ => Garbage(recording)));
        }

        List<Progress> progress = await upload.FinishAsync();
        Assert.DoesNotContain(progress, p => p.Status is Status.Unspecified or Status.Forked or Status.Limit or Status.Deleted);
        using UploadSession again = archive.Upload();
        Progress end = await again.SendAsync(recording.EndRecord(20));
        Assert.Equal((true, 20u), (end.Sealed, end.DurableChunks));
    }

    [Fact]
    public async Task Upload_ValidRecordsWithOneByteChanged_NeverChangeWhatIsStored()
    {
        TestRecording recording = archive.NewRecording(20);
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync(recording.All().SkipLast(1));
        await upload.NextAsync();
        List<byte[]> records = [.. recording.All().Select(record => record.ToByteArray())];
        for (int i = 0; i < 2_000; i++)
        {
            byte[] bytes = [.. records[RandomNumberGenerator.GetInt32(records.Count)]];
            bytes[RandomNumberGenerator.GetInt32(bytes.Length)] ^= (byte)RandomNumberGenerator.GetInt32(1, 256);
            if (TryParse(bytes) is { } record)
            {
                await upload.WriteAsync(record);
            }
        }

        List<Progress> progress = await upload.FinishAsync();
        Assert.DoesNotContain(progress, p => p.Status is Status.Unspecified or Status.Forked or Status.Limit or Status.Deleted);
        Assert.Equal(recording.Chunks, await archive.ReadAsync(recording.Id, 0, 20));
    }

    [Fact]
    public async Task Upload_EmptyMessagesAndRecords_AreAnswered()
    {
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync([]);

        Progress progress = await upload.SendAsync(new Record());

        Assert.Equal((Status.Invalid, true), (progress.Status, progress.CoreId.IsEmpty));
    }

    // A length, and nothing of what it announces. HttpClient that still sends what is refused may break its own connection, about once in 400 times:
    // it sends on behind its own reset, which HTTP/2 does not allow.
    [Fact]
    public async Task Upload_MessageAboveTheLimit_FailsThisStreamOnly()
    {
        int connections = 0;
        using SocketsHttpHandler handler = new()
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                connections++;
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        string address = $"http://{archive.Channel.Target}";
        using GrpcChannel channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
        TestRecording recording = archive.NewRecording();
        using UploadSession healthy = new(new CallArchive.CallArchiveClient(channel));
        await healthy.SendAsync(recording.BeginRecord());

        byte[] prefix = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), 17 << 20);
        using HttpRequestMessage request = new(HttpMethod.Post, $"{address}/zeroknowledge.calls.v1.CallArchive/Upload")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { TE = { new TransferCodingWithQualityHeaderValue("trailers") } },
            Content = new ByteArrayContent(prefix) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        using HttpMessageInvoker client = new(handler, disposeHandler: false);
        using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
        await response.Content.LoadIntoBufferAsync();

        string status = response.Headers.Concat(response.TrailingHeaders).Single(header => header.Key == "grpc-status").Value.Single();
        Assert.Equal(StatusCode.ResourceExhausted, Enum.Parse<StatusCode>(status));
        Assert.Equal(Status.Durable, (await healthy.SendAsync(recording.ChunkRecord(0))).Status);
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task Upload_MoreRecordsThanAMessageMayHave_FailsThisStreamOnly()
    {
        using UploadSession upload = archive.Upload();
        await Task.WhenAny(upload.WriteAsync(Enumerable.Repeat(new Record(), 65_537)));

        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(upload.NextAsync)).StatusCode);
    }

    [Fact]
    public async Task Upload_ReplacementOfMillionsOfEmptyChunks_IsRefused()
    {
        TestRecording recording = archive.NewRecording();
        Record record = recording.ReplacementRecord(recording.Checkpoint(1), 0, 0);
        record.Replacement.Chunks.Add(Enumerable.Repeat(ByteString.Empty, 4_000_000));
        using UploadSession upload = archive.Upload();

        Assert.Equal(Status.Invalid, (await upload.SendAsync(record)).Status);
    }

    [Fact]
    public async Task Upload_ManyUnknownRecordingsAndNobodyReads_KeepsTheArchiveUp()
    {
        using UploadSession deaf = archive.Upload();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            while (!patience.IsCancellationRequested)
            {
                await deaf.Call.RequestStream.WriteAsync(
                    new UploadRequest { Records = { Enumerable.Range(0, 500).Select(_ => new Record { CoreId = Random(32), Query = new Query() }) } }, patience.Token);
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // The archive stopped reading from it, which is the point.
        }

        using UploadSession healthy = archive.Upload();
        Assert.Equal(Status.Durable, (await healthy.SendAsync(archive.NewRecording().BeginRecord())).Status);
    }

    [Fact]
    public async Task Reads_RandomArguments_AnswerWithAStatus()
    {
        TestRecording recording = archive.NewRecording(20);
        using UploadSession upload = archive.Upload();
        await upload.SendAllAsync(recording.All());
        for (int i = 0; i < 200; i++)
        {
            ByteString id = i % 2 == 0 ? ByteString.CopyFrom(recording.Id.ToArray()) : Random();
            var range = new ReadChunksRequest { CoreId = id, First = Number(), End = Number(), TreeSize = Number() };
            await AnswersAsync(async () => await archive.Client.GetRecordingAsync(new GetRecordingRequest { CoreId = id }));
            await AnswersAsync(async () => await archive.Client.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = Random() }));
            await AnswersAsync(async () => await archive.Client.ReadChunks(range).ResponseStream.MoveNext(CancellationToken.None));
            await AnswersAsync(async () => await archive.Client.ListRecordings(
                new ListRecordingsRequest { After = Random(), Limit = Number() }).ResponseStream.MoveNext(CancellationToken.None));
        }
    }

    private static async Task AnswersAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException e)
        {
            Assert.Contains(e.StatusCode, new[] { StatusCode.InvalidArgument, StatusCode.NotFound, StatusCode.OutOfRange });
        }
    }

    private static Record Garbage(TestRecording recording)
    {
        var record = new Record { CoreId = RandomNumberGenerator.GetInt32(3) > 0 ? ByteString.CopyFrom(recording.Id.ToArray()) : Random() };
        switch (RandomNumberGenerator.GetInt32(7))
        {
            case 0:
                record.Begin = new Begin { Header = Random(), OpeningRecord = Random(), Checkpoint = Random() };
                break;
            case 1:
                record.Chunk = new Chunk { Index = Number(), Data = Random() };
                break;
            case 2:
                record.Statement = Random();
                break;
            case 3:
                record.End = new End { ClosingRecord = Random(), Seal = Random() };
                break;
            case 4:
                record.Replacement = new Replacement { Statement = Random(), First = Number(), Chunks = { Random(), Random() } };
                break;
            case 5:
                record.Replacement = recording.ReplacementRecord(recording.Checkpoint(20), 16, 20).Replacement;
                record.Replacement.First = Number();
                break;
            default:
                break;
        }

        return record;
    }

    private static ByteString Random(int? length = null) =>
        ByteString.CopyFrom(RandomNumberGenerator.GetBytes(length ?? Lengths[RandomNumberGenerator.GetInt32(Lengths.Length)]));

    private static uint Number() => RandomNumberGenerator.GetInt32(4) switch
    {
        0 => (uint)RandomNumberGenerator.GetInt32(30),
        1 => uint.MaxValue - (uint)RandomNumberGenerator.GetInt32(3),
        2 => (uint)RandomNumberGenerator.GetInt32(int.MaxValue) * 2,
        _ => 1u << RandomNumberGenerator.GetInt32(32),
    };

    private static Record? TryParse(byte[] bytes)
    {
        try
        {
            return Record.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
