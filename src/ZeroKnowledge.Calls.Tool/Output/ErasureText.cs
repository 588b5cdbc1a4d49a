using System.Globalization;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>An erasure certificate for people and for programs.</summary>
internal static class ErasureText
{
    public static string Shown(ErasureCertificate certificate, TimeSpan tick) =>
        $"{string.Join(", ", certificate.Ranges.Select(range => RangeText.Shown(range, tick)))}{(certificate.MetadataErased ? " and the metadata" : "")}, certified {certificate.Time:u}: {certificate.Text}";

    public static JsonObject ToJson(ErasureCertificate certificate) => new()
    {
        ["coreId"] = certificate.CoreId.ToString(),
        ["envelopeVersion"] = certificate.EnvelopeVersion,
        ["ranges"] = new JsonArray([.. certificate.Ranges.Select(RangeText.ToJson)]),
        ["metadataErased"] = certificate.MetadataErased,
        ["time"] = certificate.Time.ToString("O", CultureInfo.InvariantCulture),
        ["ownerKey"] = certificate.OwnerKey.ToString(TrustedKeyKind.Owner),
        ["text"] = certificate.Text,
    };
}
