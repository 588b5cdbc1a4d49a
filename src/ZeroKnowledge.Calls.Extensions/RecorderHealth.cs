using Microsoft.Extensions.Diagnostics.HealthChecks;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Extensions;

/// <summary>What a recorder's status means to whoever watches over it.</summary>
internal sealed class RecorderHealth(HostedRecorder recorder) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(recorder.Running is { } running ? Judge(running.Recorder.Status) : HealthCheckResult.Unhealthy("The recorder does not run."));

    internal static HealthCheckResult Judge(RecorderStatus status)
    {
        if (status.IsSpoolFull)
        {
            return HealthCheckResult.Unhealthy("The spool is full, so new audio becomes gaps: bring an archive back, or raise SpoolBytes.");
        }

        // Before there is anything to send nobody knows.
        string[] away = [.. status.Archives.Where(archive => archive is { Streams: 0, ChunksBehind: > 0 }).Select(archive => archive.Address)];
        return away.Length > 0
            ? HealthCheckResult.Degraded($"These archives do not answer: {string.Join(", ", away)}. What is recorded waits in the spool ({status.SpooledBytes} bytes).")
            : status.RegisterWaiting > 0 ? HealthCheckResult.Degraded($"{status.RegisterWaiting} changes wait for the register.")
            : HealthCheckResult.Healthy($"{status.ActiveCalls} calls are recorded.");
    }
}
