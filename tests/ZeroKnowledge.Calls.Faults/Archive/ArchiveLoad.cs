using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>Uploads recordings over one stream until the archive is killed, and notes what it acknowledged.</summary>
internal sealed class ArchiveLoad(GrpcChannel channel, IReadOnlyList<UploadedRecording> recordings, Func<UploadedRecording> begin)
{
    // A record is some hundred bytes: well below the archive's largest message.
    private const int RecordsInMessage = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly List<string> _violations = [];
    private readonly Dictionary<ByteString, UploadedRecording> _live = recordings.ToDictionary(recording => ByteString.CopyFrom(recording.Id.Span));
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The archive has acknowledged something.</summary>
    public Task Answered => _answered.Task;

    /// <summary>What is not sealed yet.</summary>
    public IReadOnlyList<UploadedRecording> Live => [.. _live.Values];

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Ends when the stream breaks and everything that the archive had said was read.</summary>
    public async Task RunAsync()
    {
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = new CallArchive.CallArchiveClient(channel).Upload();
        Task receiving = ReceiveAsync(call.ResponseStream);
        try
        {
            List<Record> records = [];
            foreach (UploadedRecording recording in recordings)
            {
                recording.Reconnect(records);
            }

            while (!receiving.IsCompleted)
            {
                foreach (Record[] message in records.Chunk(RecordsInMessage))
                {
                    await call.RequestStream.WriteAsync(new UploadRequest { Records = { message } });
                }

                await Task.Delay(Pause);
                records.Clear();
                lock (_gate)
                {
                    foreach (UploadedRecording recording in _live.Values)
                    {
                        recording.Fill(records);
                    }
                }
            }
        }
        catch (Exception e) when (e is RpcException or IOException or InvalidOperationException)
        {
            // Killed.
        }

        await receiving;
    }

    private async Task ReceiveAsync(IAsyncStreamReader<UploadResponse> answers)
    {
        try
        {
            while (await answers.MoveNext(CancellationToken.None))
            {
                lock (_gate)
                {
                    foreach (Progress progress in answers.Current.Progress)
                    {
                        Take(progress);
                    }
                }

                _answered.TrySetResult();
            }
        }
        catch (Exception e) when (e is RpcException or IOException)
        {
            // Killed.
        }

        _answered.TrySetResult();
    }

    private void Take(Progress progress)
    {
        UploadedRecording recording = _live[progress.CoreId];
        if (recording.Take(progress) is { } wrong)
        {
            _violations.Add(wrong);
        }

        if (recording.Receipt is not null)
        {
            _live.Remove(progress.CoreId);
            UploadedRecording next = begin();
            _live.Add(ByteString.CopyFrom(next.Id.Span), next);
        }
    }
}
