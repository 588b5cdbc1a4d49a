using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Ranges of chunks. Where in the call a chunk lies is about its index times the tick: exactly so unless the gateway stood still.</summary>
internal static class RangeText
{
    public static string Shown(ChunkRange range, TimeSpan tick) => range.End == int.MaxValue || range.Count > 1_000_000
        ? $"chunks from {range.First} on"
        : $"chunks {range.First} to {range.End - 1} (about {TimeText.Shown(range.First * tick)} to {TimeText.Shown(range.End * tick)})";

    public static JsonNode ToJson(ChunkRange range) => new JsonObject { ["first"] = range.First, ["end"] = range.End };
}
