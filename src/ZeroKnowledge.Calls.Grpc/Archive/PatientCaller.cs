using System.Runtime.CompilerServices;
using Grpc.Core;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Asks an archive, and does not wait forever: each single answer has the same time. Whatever goes wrong becomes an <see cref="ArchiveException"/>. Thread-safe.</summary>
internal sealed class PatientCaller(TimeSpan patience)
{
    public async Task<T> AskAsync<T>(Func<CancellationToken, AsyncUnaryCall<T>> ask, string what, CancellationToken cancellationToken)
    {
        using CancellationTokenSource waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        try
        {
            using AsyncUnaryCall<T> call = ask(waiting.Token);
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            throw Explain(e, what, waiting, cancellationToken);
        }
    }

    public async IAsyncEnumerable<T> StreamAsync<T>(
        Func<CancellationToken, AsyncServerStreamingCall<T>> ask, string what, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using AsyncServerStreamingCall<T> call = ask(waiting.Token);
        while (true)
        {
            waiting.CancelAfter(patience);
            try
            {
                if (!await call.ResponseStream.MoveNext(waiting.Token).ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                throw Explain(e, what, waiting, cancellationToken);
            }

            // How long the caller takes with it is the caller's affair.
            waiting.CancelAfter(Timeout.InfiniteTimeSpan);
            yield return call.ResponseStream.Current;
        }
    }

    // An archive that answers "cancelled" has not been cancelled by anybody here.
    private Exception Explain(Exception e, string what, CancellationTokenSource waiting, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? new OperationCanceledException(what, e, cancellationToken)
        : waiting.IsCancellationRequested ? new ArchiveException($"{what}: no answer within {patience.TotalSeconds:0.###} s.", e) { IsTransient = true }
        : e is RpcException rpc ? ArchiveException.From(rpc, what)
        : new ArchiveException($"{what}: the call was cancelled.", e) { IsTransient = true };
}
