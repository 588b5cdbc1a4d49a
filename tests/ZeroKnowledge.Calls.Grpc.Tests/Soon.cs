using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>Stops that have a bound: what hangs fails its test, with the test's name, and the others go on.</summary>
internal static class Soon
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task StopSoonAsync(this CallRecorder recorder, [CallerMemberName] string test = "") => EndAsync(recorder.StopAsync, test);

    public static Task StopSoonAsync(this IHost host, [CallerMemberName] string test = "") => EndAsync(host.StopAsync, test);

    public static Task DisposeSoonAsync(this IAsyncDisposable archive, [CallerMemberName] string test = "") => EndAsync(_ => archive.DisposeAsync().AsTask(), test);

    // The token stops what heeds it; then too it has taken too long.
    private static async Task EndAsync(Func<CancellationToken, Task> stop, string test)
    {
        using CancellationTokenSource patience = new(Patience);
        try
        {
            await stop(patience.Token).WaitAsync(2 * Patience);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            throw TookLong(test, e);
        }

        if (patience.IsCancellationRequested)
        {
            throw TookLong(test, null);
        }
    }

    private static TimeoutException TookLong(string test, Exception? cause) => new($"{test}: what it stopped took longer than {Patience.TotalSeconds} s.", cause);
}
