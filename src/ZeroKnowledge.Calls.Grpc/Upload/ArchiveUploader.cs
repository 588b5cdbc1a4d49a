using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>One archive: its streams, and which recordings each of them carries. Archives know nothing of each other, so one that lags holds up no other. Thread-safe.</summary>
internal sealed class ArchiveUploader : IDisposable
{
    private readonly UploadQueue[] _queues;
    private readonly UploadStream[] _streams;
    private Task _running = Task.CompletedTask;

    public ArchiveUploader(RecordingLifecycle recorder, GrpcChannel channel, int streams, TrustList? trust, TimeProvider time, int number)
    {
        Number = number;
        Name = channel.Target;
        CallArchive.CallArchiveClient client = new(channel);
        _queues = new UploadQueue[streams];
        _streams = new UploadStream[streams];
        for (int i = 0; i < streams; i++)
        {
            _queues[i] = new UploadQueue(() => recorder.NowMs);
            UploadAnswers answers = new(recorder, _queues[i], trust, channel.Target);
            _streams[i] = new UploadStream(recorder, client, _queues[i], answers, time, channel.Target);
        }
    }

    public int Number { get; }

    /// <summary>Its address.</summary>
    public string Name { get; }

    /// <summary>Streams that it answers.</summary>
    public int Connected => _streams.Count(stream => stream.IsConnected);

    /// <summary>Chunks in the spool that it lacks.</summary>
    public long Behind => _queues.Sum(queue => queue.All.Sum(upload => (long)Math.Max(0, upload.Recording.Count - upload.DurableChunks)));

    /// <summary>It has everything that is in the spool.</summary>
    public bool IsDrained => Array.TrueForAll(_queues, queue => queue.IsDrained);

    public void Start(CancellationToken stop) => _running = Task.WhenAll(_streams.Select(stream => Task.Run(() => stream.RunAsync(stop), CancellationToken.None)));

    public Task WhenStopped() => _running;

    public void Ready(SpooledRecording recording) => QueueOf(recording).Ready(recording.Uploads[Number]);

    public void Dispose() => Array.ForEach(_queues, queue => queue.Dispose());

    private UploadQueue QueueOf(SpooledRecording recording) => _queues[(recording.CoreId.GetHashCode() & int.MaxValue) % _queues.Length];
}
