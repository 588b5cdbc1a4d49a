using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

/// <summary>A certificate authority of one test; all of them have the same name.</summary>
internal sealed class TestIssuer : IDisposable
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public TestIssuer()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        Certificate = request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(1));
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>Issues a certificate, valid for an hour before and after now.</summary>
    public X509Certificate2 Issue(string subject, string use, IPAddress? host = null, double fromHours = -1, double toHours = 1)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Request(subject, use, host, key).Create(Certificate, _now.AddHours(fromHours), _now.AddHours(toHours), RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    public static X509Certificate2 SelfSigned(string subject, string use, IPAddress host)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(subject, use, host, key).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    /// <summary>Writes certificate and key as two PEM files.</summary>
    public static (string Certificate, string Key) Save(X509Certificate2 certificate, string folder, string name)
    {
        (string pem, string key) = (Path.Combine(folder, name + ".pem"), Path.Combine(folder, name + ".key"));
        File.WriteAllText(pem, certificate.ExportCertificatePem());
        File.WriteAllText(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return (pem, key);
    }

    public void Dispose() => Certificate.Dispose();

    private static CertificateRequest Request(string subject, string use, IPAddress? host, ECDsa key)
    {
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], true));
        if (host is not null)
        {
            SubjectAlternativeNameBuilder names = new();
            names.AddIpAddress(host);
            request.CertificateExtensions.Add(names.Build());
        }

        return request;
    }
}
