using System.Security.Cryptography;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>One long-lived stream to the archive: sends batches, takes answers, reconnects and goes on with the same ciphertext.</summary>
internal sealed class UploadStream(RecordingLifecycle recorder, CallArchive.CallArchiveClient client, UploadQueue queue, TrustList? trust)
{
    private const long RefusedRetryMs = 30_000;
    private const long LimitRetryMs = 5_000;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    // Chunks of many calls meet in one message: a message for each would cost more than the chunks.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan delay = FirstDelay;
        while (!cancellationToken.IsCancellationRequested)
        {
            bool answered = false;
            Exception? why = null;
            using (CancellationTokenSource broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                try
                {
                    using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = client.Upload(cancellationToken: broken.Token);
                    queue.Reconnected();
                    Task<(bool Answered, Exception? Why)> receiving = ReceiveAsync(call.ResponseStream, broken);
                    try
                    {
                        await SendAsync(call.RequestStream, broken.Token).ConfigureAwait(false);
                    }
                    finally
                    {
                        await broken.CancelAsync().ConfigureAwait(false);
                        (answered, why) = await receiving.ConfigureAwait(false);
                    }
                }
                catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException or IOException)
                {
                    if (cancellationToken.IsCancellationRequested)
                    {
                        return;
                    }

                    RecorderLog.StreamBroken(recorder.Logger, (why ?? e).Message, delay.TotalMilliseconds);
                }
            }

            delay = answered ? FirstDelay : delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            // Jitter, so that the streams of many gateways do not come back at once.
            double jitter = RandomNumberGenerator.GetInt32(500, 1_001) / 1_000.0;
            await Task.Delay(delay * jitter, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(IClientStreamWriter<UploadRequest> stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            await queue.WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Linger, cancellationToken).ConfigureAwait(false);
            while (queue.Take() is { } request)
            {
                await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <returns>Whether the archive answered at all, and why it does no longer.</returns>
    private async Task<(bool Answered, Exception? Why)> ReceiveAsync(IAsyncStreamReader<UploadResponse> stream, CancellationTokenSource broken)
    {
        bool answered = false;
        Exception? why = null;
        try
        {
            while (await stream.MoveNext(broken.Token).ConfigureAwait(false))
            {
                answered = true;
                foreach (Progress progress in stream.Current.Progress)
                {
                    if (queue.Find(progress.CoreId.Span) is { } recording)
                    {
                        Apply(recording, progress);
                    }
                }
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or IOException)
        {
            why = e;
        }

        await broken.CancelAsync().ConfigureAwait(false);
        return (answered, why);
    }

    private void Apply(SpooledRecording recording, Progress progress)
    {
        int chunks = (int)Math.Min(progress.DurableChunks, Format.MaxChunks);
        int statements = (int)Math.Min(progress.DurableStatements, Format.MaxChunks);
        switch (progress.Status)
        {
            case Status.Durable when progress.Sealed:
                Finish(recording, progress);
                break;
            case Status.Durable:
                Continue(recording, chunks, queue.Durable(recording, chunks, statements));
                break;
            case Status.Unknown:
                Continue(recording, 0, queue.SendAgain(recording, 0, begin: true));
                break;
            case Status.OutOfOrder:
                Continue(recording, chunks, queue.SendAgain(recording, chunks, begin: false));
                break;
            case Status.Different:
                RecorderLog.Different(recorder.Logger, recording.CoreId);
                recording.Life.WantsCheckpoint = true;
                queue.Different(recording);
                break;
            case Status.Forked:
                RecorderLog.Forked(recorder.Logger, recording.CoreId);
                queue.Remove(recording);
                recorder.Forked(recording.Life);
                break;
            case Status.Deleted:
                queue.Remove(recording);
                recorder.Failed(recording.Life.Call, new ArchiveException($"Recording {recording.CoreId} was deleted in the archive."));
                break;
            default:
                // Without a proof it is this archive's fault alone: keep everything, tell, and try again.
                RecorderLog.Refused(recorder.Logger, recording.CoreId, progress.Status.ToString(), progress.Message);
                queue.Park(recording, recorder.NowMs + (progress.Status == Status.Limit ? LimitRetryMs : RefusedRetryMs));
                break;
        }
    }

    private void Continue(SpooledRecording recording, int chunk, bool whole)
    {
        if (!whole)
        {
            RecorderLog.ArchiveLost(recorder.Logger, recording.CoreId, chunk);
            queue.Remove(recording);
            recorder.Failed(recording.Life.Call, new ArchiveException(
                $"Recording {recording.CoreId}: the archive no longer has chunk {chunk}, which it had acknowledged as durable."));
        }
    }

    private void Finish(SpooledRecording recording, Progress progress)
    {
        if (!Receipt.TryParse(progress.Receipt.Span, out Receipt? receipt, out string? error) || receipt.CoreId != recording.CoreId
            || (trust is not null && !receipt.Verify(trust)))
        {
            RecorderLog.Refused(recorder.Logger, recording.CoreId, "receipt", error ?? "its key is not trusted, or it is of another recording");
            queue.Park(recording, recorder.NowMs + RefusedRetryMs);
            return;
        }

        queue.Remove(recording);
        recorder.Stored(recording, receipt);
    }
}
