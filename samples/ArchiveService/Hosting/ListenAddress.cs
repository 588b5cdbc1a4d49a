using System.Net;

namespace ArchiveService;

/// <summary>One address to listen on.</summary>
/// <param name="EndPoint">Address and port.</param>
/// <param name="IsTls">HTTPS.</param>
internal sealed record ListenAddress(IPEndPoint EndPoint, bool IsTls)
{
    /// <summary>Reads <c>http://127.0.0.1:PORT</c> or <c>https://ADDRESS:PORT</c>.</summary>
    /// <exception cref="StartException">It is not such an address, or it is one without TLS that others can reach.</exception>
    public static ListenAddress Parse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.PathAndQuery != "/")
        {
            throw new StartException($"'{url}' is not an address such as http://127.0.0.1:5300 or https://0.0.0.0:5300.");
        }

        bool isTls = uri.Scheme == Uri.UriSchemeHttps;
        string host = uri.IdnHost;
        IPAddress? address = host == "localhost" ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(host, out address))
        {
            throw new StartException($"'{host}' in '{url}' is not an IP address.");
        }

        return isTls || IPAddress.IsLoopback(address)
            ? new ListenAddress(new IPEndPoint(address, uri.Port), isTls)
            : throw new StartException($"'{url}' has no TLS: others could read and change what is sent, so http is for loopback addresses only.");
    }
}
