using Grpc.Core;

namespace ArchiveService;

/// <summary>Who makes a call, and what it may do.</summary>
/// <param name="Subject">By the certificate; none on this machine.</param>
/// <param name="Tenant">In which it has roles; null if it has none.</param>
/// <param name="Roles">The roles.</param>
/// <param name="NotAfter">When its certificate expires.</param>
internal sealed record Caller(SubjectId Subject, Tenant? Tenant, Roles Roles, DateTimeOffset NotAfter)
{
    /// <summary>The tenant, if the caller has a role in it. Decided before anything is looked up, and answered as if it did not exist.</summary>
    /// <exception cref="RpcException">NOT_FOUND.</exception>
    public Tenant Require(Roles role) => Tenant is { } tenant && (Roles & role) == role ? tenant : throw NotFound();

    public bool HasExpired(TimeProvider clock) => clock.GetUtcNow() > NotAfter;

    /// <summary>The one answer for what does not exist and for what is not this caller's.</summary>
    public static RpcException NotFound() => new(new Status(StatusCode.NotFound, "There is no such recording."));

    public static RpcException Expired() => new(new Status(StatusCode.Unauthenticated, "The client certificate has expired: connect with a renewed one."));
}
