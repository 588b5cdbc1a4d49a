using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ArchiveService;

/// <summary>Who issues client certificates: these authorities and none of the system's. Nothing is fetched from the network to check one.</summary>
internal sealed class ClientAuthority : IDisposable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _all;
    private readonly X509Certificate2Collection _roots = [];
    private readonly X509Certificate2Collection _others = [];

    private ClientAuthority(X509Certificate2Collection all, string path)
    {
        _all = all;
        foreach (X509Certificate2 one in all)
        {
            if (one.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
            {
                throw Fault(path, $"'{one.Subject}' is not the certificate of an authority");
            }

            (one.SubjectName.RawData.AsSpan().SequenceEqual(one.IssuerName.RawData) ? _roots : _others).Add(one);
        }

        if (_roots.Count == 0)
        {
            throw Fault(path, "it has no self-signed root certificate");
        }

        if (_roots.All(root => root.NotAfter.ToUniversalTime() < TimeProvider.System.GetUtcNow()))
        {
            throw Fault(path, "its root certificate has expired, and with it every client certificate");
        }
    }

    /// <summary>Reads the authorities' certificates.</summary>
    /// <param name="path">PEM: the roots, and what stands between them and client certificates, unless clients send that.</param>
    /// <exception cref="StartException">It cannot be used.</exception>
    public static ClientAuthority Load(string path)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Fault(path, e.Message.TrimEnd('.'), e);
        }

        return all.Count > 0 ? new ClientAuthority(all, path) : throw Fault(path, "it has no certificate in PEM form");
    }

    /// <summary>Demands a certificate of every connection.</summary>
    public void Require(HttpsConnectionAdapterOptions https)
    {
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.CheckCertificateRevocation = false;
        https.ClientCertificateValidation = (certificate, _, errors) => errors == SslPolicyErrors.None && IsForClients(certificate);
        https.OnAuthenticate = (_, tls) =>
        {
            // A resumed session would bring the certificate without the check of today.
            tls.AllowTlsResume = false;
            tls.CertificateChainPolicy = Policy();
        };
    }

    public void Dispose()
    {
        foreach (X509Certificate2 one in _all)
        {
            one.Dispose();
        }
    }

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_roots);
        policy.ExtraStore.AddRange(_others);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return policy;
    }

    // A certificate that says nothing of its use would pass the chain: it might be a web server's.
    private static bool IsForClients(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(usage => usage.EnhancedKeyUsages.OfType<Oid>().Any(oid => oid.Value == ClientAuthentication))
        && Subject.TryRead(certificate.SubjectName, out _, out _);

    private static StartException Fault(string path, string why, Exception? cause = null) =>
        new($"The certificates of the client authority '{path}' cannot be used: {why}.", cause);
}
