using System.Net;
using ZeroKnowledge.Calls;

namespace RtpTap;

/// <summary>The names of a call, as the control endpoint takes them.</summary>
internal sealed record CallRequest(string? CallId, IReadOnlyList<LegRequest>? Legs, string? Source = null, IReadOnlyDictionary<string, string>? Tags = null)
{
    public const int LegCount = 2;

    /// <exception cref="ArgumentException">Something is missing or wrong; the message says what.</exception>
    public CallMetadata ToMetadata()
    {
        if (string.IsNullOrEmpty(CallId) || Legs is not { Count: LegCount })
        {
            throw new ArgumentException($"A call has a callId and {LegCount} legs, such as {{\"callId\":\"a\",\"legs\":[{{\"label\":\"caller\",\"codec\":\"PCMA\"}},{{\"label\":\"agent\",\"codec\":\"PCMA\"}}]}}.");
        }

        return new CallMetadata { CallId = CallId, Legs = [.. Legs.Select(leg => leg.ToLeg())], Tags = Tags ?? new Dictionary<string, string>() };
    }

    /// <summary>The only address that packets are taken from; null for any.</summary>
    /// <exception cref="ArgumentException">It is no address.</exception>
    public IPAddress? ToSource() => Source is null ? null
        : IPAddress.TryParse(Source, out IPAddress? address) ? address
        : throw new ArgumentException($"source '{Source}' is not an IP address.");
}
