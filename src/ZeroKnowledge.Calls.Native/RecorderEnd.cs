using ZeroKnowledge.Calls.Extensions;

namespace ZeroKnowledge.Calls.Native;

/// <summary>The end of a recorder that a C program waits for.</summary>
internal static class RecorderEnd
{
    /// <returns>Whether the archives have everything.</returns>
    public static async Task<bool> RunAsync(ConfiguredRecorder running, TimeSpan timeout)
    {
        using CancellationTokenSource patience = new(timeout);
        await running.Recorder.StopAsync(patience.Token).ConfigureAwait(false);
        bool stored = running.Recorder.SpooledBytes == 0;
        await running.DisposeAsync().ConfigureAwait(false);
        return stored;
    }
}
