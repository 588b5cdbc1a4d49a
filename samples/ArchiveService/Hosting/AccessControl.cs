using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;

namespace ArchiveService;

/// <summary>
/// The one place that says who a caller is. With a tenants file, its certificate says so. Without, who is on this machine may do everything, and everybody else
/// nothing: a list or a deletion must not be open to a whole network by default.
/// </summary>
internal sealed class AccessControl(TenantList tenants, TimeProvider clock)
{
    /// <summary>Says who makes a call.</summary>
    /// <exception cref="RpcException">PERMISSION_DENIED or UNAUTHENTICATED: nobody whom this archive serves.</exception>
    public Caller Identify(ServerCallContext context)
    {
        ConnectionInfo connection = context.GetHttpContext().Connection;
        return tenants.IsLocal ? Local(connection) : Certified(connection.ClientCertificate);
    }

    private Caller Local(ConnectionInfo connection) => connection.RemoteIpAddress is { } peer && IPAddress.IsLoopback(peer)
        ? new Caller(default, tenants.All.Single(), Roles.Writer | Roles.Owner, DateTimeOffset.MaxValue)
        : throw new RpcException(new Status(StatusCode.PermissionDenied, "This archive has no tenants: it serves its own machine only."));

    // Who issued it was checked when the connection was made; a connection can outlive its certificate.
    private Caller Certified(X509Certificate2? certificate)
    {
        if (certificate is null || !Subject.TryRead(certificate.SubjectName, out Subject? subject, out _))
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, "This archive serves callers with a client certificate only."));
        }

        if (tenants.IsRevoked(certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()))
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, "The client certificate was revoked."));
        }

        (Tenant? tenant, Roles roles) = tenants.RolesOf(subject.Id);
        var caller = new Caller(subject.Id, tenant, roles, new DateTimeOffset(certificate.NotAfter));
        return caller.HasExpired(clock) ? throw Caller.Expired() : caller;
    }
}
