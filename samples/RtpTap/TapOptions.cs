using System.Net;

namespace RtpTap;

/// <summary>Where RTP is received.</summary>
internal sealed class TapOptions
{
    public const string SectionName = "RtpTap";

    /// <summary>The local address; default this machine only.</summary>
    public string Address { get; set; } = IPAddress.Loopback.ToString();

    /// <summary>The first port, even; default 20,000.</summary>
    public int MinPort { get; set; } = 20_000;

    /// <summary>The last port; default 29,999. A call has a pair: two even ports, one for each leg.</summary>
    public int MaxPort { get; set; } = 29_999;

    /// <summary>How long packets that are still on their way are taken after the end was asked for; default 200 ms.</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(200);

    public bool IsValid => IPAddress.TryParse(Address, out _) && MinPort is >= 1_024 and <= 65_532 && MinPort % 2 == 0 && MaxPort >= MinPort + 3 && MaxPort <= 65_535
        && Linger >= TimeSpan.Zero && Linger <= TimeSpan.FromSeconds(10);
}
