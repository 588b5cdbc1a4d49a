using Grpc.Core;
using Polly;
using Polly.Retry;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>One long-lived stream to an archive: sends batches, takes answers, reconnects and goes on with the same ciphertext.</summary>
internal sealed class UploadStream
{
    /// <summary>How long something that was sent may be without an answer: 30 s. A connection that is half open gives no error, only silence.</summary>
    public const int AnswerTimeoutMs = 30_000;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(5);

    // Chunks of many calls meet in one message: a message for each would cost more than the chunks.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);

    private readonly RecordingLifecycle _recorder;
    private readonly CallArchive.CallArchiveClient _client;
    private readonly UploadQueue _queue;
    private readonly UploadAnswers _answers;
    private readonly UploadBatcher _batcher;
    private readonly ResiliencePipeline _connecting;
    private readonly string _archive;
    private long _lastAnswerMs;
    private bool _isConnected;

    public UploadStream(RecordingLifecycle recorder, CallArchive.CallArchiveClient client, UploadQueue queue, UploadAnswers answers, TimeProvider time, string archive)
    {
        _recorder = recorder;
        _client = client;
        _queue = queue;
        _answers = answers;
        _archive = archive;
        _batcher = new UploadBatcher(answers.Damaged, answers.Refused, () => recorder.NowMs);
        // With jitter, so that the streams of many gateways do not come back at once.
        _connecting = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<BrokenStreamException>(),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = LongestDelay,
                OnRetry = retry =>
                {
                    RecorderLog.StreamBroken(recorder.Logger, archive, retry.Outcome.Exception!.Message, retry.RetryDelay.TotalMilliseconds);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>It was answered since it was last connected.</summary>
    public bool IsConnected => Volatile.Read(ref _isConnected);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // Ends without an exception when a stream broke that had worked: the delays begin anew.
                await _connecting.ExecuteAsync(ConnectAsync, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever an archive makes it meet, it goes on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                RecorderLog.StreamFailed(_recorder.Logger, e, _archive);
            }

            await Task.Delay(FirstDelay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <exception cref="BrokenStreamException">The archive did not answer at all.</exception>
    private async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bool answered = false;
        string why = "It was closed.";
        try
        {
            using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = _client.Upload(cancellationToken: broken.Token);
            _queue.Reconnected();
            _lastAnswerMs = _recorder.NowMs;
            Task<(bool Answered, string Why)> receiving = ReceiveAsync(call.ResponseStream, broken);
            Task<string?> watching = WatchAsync(broken);
            try
            {
                await SendAsync(call.RequestStream, broken.Token).ConfigureAwait(false);
            }
            finally
            {
                await broken.CancelAsync().ConfigureAwait(false);
                (answered, why) = await receiving.ConfigureAwait(false);
                why = await watching.ConfigureAwait(false) ?? why;
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!answered)
            {
                throw new BrokenStreamException(why, e);
            }

            RecorderLog.StreamBroken(_recorder.Logger, _archive, why, FirstDelay.TotalMilliseconds);
        }
    }

    private async Task SendAsync(IClientStreamWriter<UploadRequest> stream, CancellationToken cancellationToken)
    {
        // Of this connection alone: a write that was cancelled may still read its bytes.
        UploadBatch batch = new();
        while (true)
        {
            await _queue.WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Linger, cancellationToken).ConfigureAwait(false);
            do
            {
                batch.Clear();
                while (!batch.IsFull && _queue.Next() is { } upload)
                {
                    if (_batcher.Fill(batch, upload))
                    {
                        _queue.Ready(upload);
                    }
                }

                if (!batch.IsEmpty)
                {
                    await stream.WriteAsync(batch.Request, cancellationToken).ConfigureAwait(false);
                }
            }
            while (!batch.IsEmpty);
        }
    }

    /// <returns>Whether the archive answered at all, and why it does no longer.</returns>
    private async Task<(bool Answered, string Why)> ReceiveAsync(IAsyncStreamReader<UploadResponse> stream, CancellationTokenSource broken)
    {
        bool answered = false;
        string why = "The archive closed the stream.";
        try
        {
            while (await stream.MoveNext(broken.Token).ConfigureAwait(false))
            {
                answered = true;
                Volatile.Write(ref _isConnected, true);
                Volatile.Write(ref _lastAnswerMs, _recorder.NowMs);
                foreach (Progress progress in stream.Current.Progress)
                {
                    if (_queue.Find(progress.CoreId.Span) is { } upload)
                    {
                        _answers.Apply(upload, progress);
                    }
                }
            }
        }
#pragma warning disable CA1031 // Whatever ends the answers ends the stream.
        catch (Exception e)
#pragma warning restore CA1031
        {
            why = ArchiveException.Readable((e as RpcException)?.Status.Detail ?? e.Message);
        }

        Volatile.Write(ref _isConnected, false);

        await broken.CancelAsync().ConfigureAwait(false);
        return (answered, why);
    }

    /// <returns>Why the connection was given up, or null.</returns>
    private async Task<string?> WatchAsync(CancellationTokenSource broken)
    {
        using PeriodicTimer timer = new(WatchInterval);
        while (true)
        {
            try
            {
                await timer.WaitForNextTickAsync(broken.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }

            long now = _recorder.NowMs;
            List<ArchiveUpload>? silent = _queue.UnansweredSince(now - AnswerTimeoutMs);
            if (silent is not null && now - Volatile.Read(ref _lastAnswerMs) > AnswerTimeoutMs)
            {
                // Asked for on the next connection, at once.
                await broken.CancelAsync().ConfigureAwait(false);
                return $"No answer within {AnswerTimeoutMs / 1_000} s.";
            }

            silent?.ForEach(_answers.Silent);
        }
    }
}
