using System.Net;
using Grpc.Core;

namespace ArchiveService;

/// <summary>
/// The one place that says who may do what. Tenants and roles by client certificate belong here; until there are any, who is on this machine may do everything,
/// and everybody else nothing: a list or a deletion must not be open to a whole network by default.
/// </summary>
internal static class Access
{
    /// <exception cref="RpcException">PERMISSION_DENIED.</exception>
    public static void Authorize(ServerCallContext context, Permission permission)
    {
        IPAddress? peer = context.GetHttpContext().Connection.RemoteIpAddress;
        if (permission == Permission.None || peer is null || !IPAddress.IsLoopback(peer))
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "This archive has no roles yet: it serves its own machine only."));
        }
    }
}
