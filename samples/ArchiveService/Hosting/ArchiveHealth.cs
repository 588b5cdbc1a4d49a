using ArchiveService.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ArchiveService;

/// <summary>Not healthy while the engine cannot write, and from the beginning of a stop.</summary>
internal sealed class ArchiveHealth(Engine engine, Stopping stopping) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        stopping.Token.IsCancellationRequested ? HealthCheckResult.Unhealthy("The archive is stopping.")
        : engine.CanWrite() ? HealthCheckResult.Healthy()
        : HealthCheckResult.Unhealthy($"The engine cannot write: {engine.Fault}"));
}
