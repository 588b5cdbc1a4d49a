using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>An archive that says nothing, too much, or what no archive says: its reader goes on, in bounded time and memory.</summary>
public sealed class SilenceLieTests : LieFixture
{
    // Short, because it is waited out; nothing that is measured depends on it.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private ArchiveClient Impatient => new(Liar.Channel, Short);

    [Fact]
    public async Task AnyQuestion_NoAnswer_EndsByItself()
    {
        WrittenCall call = await Customer.StoreAsync();
        await using Recording opened = await OpenImpatientlyAsync(call);
        Lies.IsSilent = true;

        await Task.WhenAll(
            SilentAsync(() => Impatient.OpenAsync(call.Id, Customer.Reader()).AsTask()),
            SilentAsync(() => Impatient.GetInfoAsync(Customer.Trust)),
            SilentAsync(() => Impatient.DeleteAsync(call.Id, Customer.Trust)),
            SilentAsync(() => opened.VerifyAsync()),
            SilentAsync(async () => await Impatient.ListAsync().GetAsyncEnumerator().MoveNextAsync()));
    }

    [Fact]
    public async Task Audit_NoAnswer_IsGivenUpAndNotWell()
    {
        for (int i = 0; i < 20; i++)
        {
            await Customer.Register.AddAsync([WrittenCall.Write(Customer, 0).Row()]);
        }

        Lies.Instead = _ => throw new RpcException(new global::Grpc.Core.Status(StatusCode.Unavailable, "Later."));

        ArchiveException exception = await Assert.ThrowsAsync<ArchiveException>(() => AuditAsync()).WaitAsync(Patience);

        Assert.Contains("16 recordings in a row", exception.Message, StringComparison.Ordinal);
    }

    // It answers everything but the recording that it lost.
    [Fact]
    public async Task Audit_OneRecordingNeverAnswered_IsAFindingAndTheRestIsCompared()
    {
        WrittenCall lost = await Customer.StoreAsync();
        await Customer.StoreAsync();
        Lies.Instead = id => id == lost.Id ? throw new RpcException(new global::Grpc.Core.Status(StatusCode.Internal, "Ask again.")) : null;

        AuditReport report = await AuditAsync();

        Assert.Equal((AuditVerdict.Unavailable, lost.Id), (report.Findings.Single().Verdict, report.Findings.Single().CoreId));
        Assert.Equal(1, report.Totals[AuditVerdict.Complete]);
    }

    [Fact]
    public async Task Read_SilenceInTheMiddle_EndsByItself()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ManualResetEventSlim end = new();
        Lies.Chunks = _ => First(call.Chunks[0], end);
        await using Recording recording = await OpenImpatientlyAsync(call);

        await SilentAsync(() => recording.VerifyAsync());
        end.Set();
    }

    // A connection that was accepted, and on which nothing is ever said.
    [Fact]
    public async Task AnyQuestion_HalfOpenConnection_EndsByItself()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}");

        await SilentAsync(() => new ArchiveClient(channel, Short).GetInfoAsync(Customer.Trust));
    }

    [Fact]
    public async Task Open_GiantMessage_IsAnError()
    {
        WrittenCall call = await Customer.StoreAsync();
        ByteString giant = ByteString.CopyFrom(new byte[5 << 20]);
        Lies.Recording = stored => new StoredRecording(stored) { OpeningRecord = giant };

        await Assert.ThrowsAsync<ArchiveException>(() => OpenAsync(call));
        Assert.Equal(AuditVerdict.Unavailable, (await FindingAsync()).Verdict);
    }

    // 64 MiB in 64 KiB: the bound is of what comes out.
    [Fact]
    public async Task Open_MessageThatGrowsWhenItIsUnpacked_IsAnError()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Compresses = true;
        Lies.Instead = _ => new StoredRecording { Header = ByteString.CopyFrom(call.Header.ToArray()), OpeningRecord = ByteString.CopyFrom(new byte[64 << 20]) };

        Assert.Contains("ResourceExhausted", (await Assert.ThrowsAsync<ArchiveException>(() => OpenAsync(call))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_GiantMessage_IsAnError()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Chunks = _ => [new ReadChunksResponse { Chunks = { ByteString.CopyFrom(new byte[5 << 20]) } }];

        (List<byte[]> payloads, Exception? exception) = await PlayAsync(call);

        Assert.Empty(payloads);
        Assert.IsType<ArchiveException>(exception);
    }

    // Nobody here cancelled anything.
    [Fact]
    public async Task AnyQuestion_AnswersCancelled_IsAnArchiveException()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Instead = _ => throw new RpcException(new global::Grpc.Core.Status(StatusCode.Cancelled, "No."));

        await Assert.ThrowsAsync<ArchiveException>(() => OpenAsync(call));
    }

    [Fact]
    public async Task AnyQuestion_UnknownStatusWithHostileText_IsAnArchiveExceptionWithoutControlCharacters()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Instead = _ => throw new RpcException(new global::Grpc.Core.Status((StatusCode)99, "\u001b[2J\r\nok\u0007" + new string('x', 3_000)));

        ArchiveException exception = await Assert.ThrowsAsync<ArchiveException>(() => OpenAsync(call));

        Assert.DoesNotContain(exception.Message, char.IsControl);
        Assert.InRange(exception.Message.Length, 1, 600);
    }

    [Fact]
    public async Task Open_CancelledByTheCaller_IsACancellation()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.IsSilent = true;
        using CancellationTokenSource cancel = new();
        Task opening = Liar.Client.OpenAsync(call.Id, Customer.Reader(), cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(Patience));
    }

    // A machine that is busy may take longer than the short patience to tell the truth.
    private async Task<Recording> OpenImpatientlyAsync(WrittenCall call)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            try
            {
                return await Impatient.OpenAsync(call.Id, Customer.Reader(), patience.Token);
            }
            catch (ArchiveException e) when (e.IsTransient)
            {
            }
        }
    }

    private static IEnumerable<ReadChunksResponse> First(byte[] chunk, ManualResetEventSlim end)
    {
        yield return new ReadChunksResponse { Chunks = { ByteString.CopyFrom(chunk) } };
        end.Wait(Patience);
    }

    private static async Task SilentAsync(Func<Task> ask)
    {
        ArchiveException exception = await Assert.ThrowsAsync<ArchiveException>(ask).WaitAsync(Patience);
        Assert.True(exception.IsTransient);
        Assert.Contains("no answer within 1 s", exception.Message, StringComparison.Ordinal);
    }
}
