using System.Globalization;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>What a grant says of itself.</summary>
internal static class GrantText
{
    public static IEnumerable<(string Name, string Value)> Fields(Grant grant, TrustList? trust)
    {
        yield return ("kind", grant.IsLive ? "live grant" : "grant");
        yield return ("recording", grant.Header.RecordingId.ToString());
        yield return ("core id", grant.CoreId.ToString());
        yield return ("opens", $"{RangeText.Shown(grant.Range, grant.Header.Tick)}{(grant.HasMetadataKeys ? ", and the metadata" : "")}");
        yield return ("recipients", $"{grant.RecipientCount}{EnvelopeText.Security(grant.IsClassical)}");
        yield return ("suite", grant.Header.Suite.ToString());
        yield return ("made", $"{grant.Time:u}");
        yield return ("owner", $"{grant.OwnerKey.ToString(TrustedKeyKind.Owner)}{(trust is null ? "" : grant.Verify(trust) ? ", trusted" : ", NOT TRUSTED, or the grant was altered")}");
        if (grant.Statement is { } statement)
        {
            yield return ("proven by", $"a {statement.Type.ToString().ToLowerInvariant()} of {statement.ChunkCount} chunks, {statement.Time:u}");
        }

        yield return ("purpose", grant.Purpose.Length > 0 ? grant.Purpose : "none is given");
        yield return ("not after", grant.NotAfter is { } end ? $"{end:u} (a request)" : "no end is asked for");
        yield return ("size", $"{grant.ToArray().Length:N0} bytes");
    }

    public static JsonObject ToJson(Grant grant, string file) => new()
    {
        ["file"] = file,
        ["coreId"] = grant.CoreId.ToString(),
        ["first"] = grant.Range.First,
        ["end"] = grant.Range.End,
        ["live"] = grant.IsLive,
        ["metadata"] = grant.HasMetadataKeys,
        ["recipients"] = grant.RecipientCount,
        ["classical"] = grant.IsClassical,
        ["purpose"] = grant.Purpose,
        ["notAfter"] = grant.NotAfter?.ToString("O", CultureInfo.InvariantCulture),
    };
}
