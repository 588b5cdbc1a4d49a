using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Makes channels to archives that notice a dead connection, and that show and check certificates.</summary>
public static class ArchiveChannel
{
    /// <summary>A connection without traffic is probed after 15 s.</summary>
    public static readonly TimeSpan KeepAliveDelay = TimeSpan.FromSeconds(15);

    /// <summary>A probe without an answer for 10 s ends the connection, and what it carried is sent over a new one.</summary>
    public static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(10);

    // An archive may send as much as the largest chunks of a message need; what it sends is checked piece by piece.
    private const int MaxMessage = 16 << 20;

    /// <summary>Makes a channel.</summary>
    /// <param name="address">https, with TLS 1.3; http to this machine only.</param>
    /// <param name="clientCertificate">With its private key; says who this gateway, owner or reader is. Null (the default) if the archive asks for none.</param>
    /// <param name="serverAuthorities">The only issuers that the archive's certificate may be of; null (the default) for those of the system.</param>
    /// <exception cref="ArgumentException">The address is http to another machine, or neither http nor https.</exception>
    public static GrpcChannel ForAddress(Uri address, X509Certificate2? clientCertificate = null, X509Certificate2Collection? serverAuthorities = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Scheme != Uri.UriSchemeHttps && (address.Scheme != Uri.UriSchemeHttp || !address.IsLoopback))
        {
            throw new ArgumentException($"The archive's address {address} is not https; without TLS only an archive on this machine is spoken to.", nameof(address));
        }

        SocketsHttpHandler handler = new()
        {
            KeepAlivePingDelay = KeepAliveDelay,
            KeepAlivePingTimeout = KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            ConnectTimeout = KeepAliveTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            EnableMultipleHttp2Connections = true,
            SslOptions = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls13 },
        };
        if (clientCertificate is not null)
        {
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(clientCertificate, null, offline: true);
        }

        if (serverAuthorities is not null)
        {
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(serverAuthorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = MaxMessage });
    }
}
