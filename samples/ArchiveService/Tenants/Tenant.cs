using System.Text;
using System.Threading.RateLimiting;
using ZeroKnowledge.Calls;

namespace ArchiveService;

/// <summary>Whose recordings are stored apart from all others. Compared by reference: there is one object for each.</summary>
internal sealed class Tenant : IDisposable
{
    /// <summary>Characters of a name, at most.</summary>
    public const int LongestName = 64;

    /// <summary>The only one of an archive without a tenants file. A tenants file that names it goes on with what is stored.</summary>
    public const string DefaultName = "default";

    private readonly TokenBucketRateLimiter? _rate;

    public Tenant(string name, TrustList gateways, TenantLimits limits)
    {
        Name = name;
        Gateways = gateways;
        Limits = limits;
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        Prefix = [checked((byte)bytes.Length), .. bytes];
        if (limits.BytesPerSecond is { } rate)
        {
            _rate = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
            {
                // A message that the tenant may send must fit in, however low the rate.
                TokenLimit = Math.Max(rate, limits.MessageBytes),
                TokensPerPeriod = rate / 10,
                ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
                QueueLimit = 0,
            });
        }
    }

    /// <summary>Its name in the tenants file and, for good, in the keys of everything that it stores.</summary>
    public string Name { get; }

    /// <summary>Gateways whose recordings it takes.</summary>
    public TrustList Gateways { get; }

    public TenantLimits Limits { get; }

    /// <summary>
    /// Begins every key that is looked up by a core id: length and name, so that none is the beginning of another. Another tenant's recording is not found for the
    /// same reason as one that does not exist: there is no such key.
    /// </summary>
    public byte[] Prefix { get; }

    /// <summary>Whether a name can be a tenant's: letters a to z, digits, dots and hyphens, so that it looks the same everywhere.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');

    /// <summary>Takes bytes from what the rate allows; false if there are not enough now.</summary>
    public bool TryTake(int bytes)
    {
        if (_rate is null || bytes == 0)
        {
            return true;
        }

        using RateLimitLease lease = _rate.AttemptAcquire(bytes);
        return lease.IsAcquired;
    }

    public override string ToString() => Name;

    public void Dispose() => _rate?.Dispose();
}
