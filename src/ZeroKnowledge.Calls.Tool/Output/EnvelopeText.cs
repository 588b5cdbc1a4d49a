namespace ZeroKnowledge.Calls.Tool;

/// <summary>What can be said of a key envelope without a key.</summary>
internal static class EnvelopeText
{
    public static string Recipients(KeyEnvelope envelope) =>
        $"{envelope.RecipientCount} recipients{Security(envelope.IsClassical)}";

    public static string Security(bool isClassical) => isClassical ? $", {RecipientText.Classical}" : ", post-quantum";

    public static IEnumerable<(string Name, string Value)> Fields(KeyEnvelope envelope)
    {
        yield return ("kind", "key envelope");
        yield return ("recording", $"core id {envelope.CoreId}");
        yield return ("version", $"{envelope.Version}");
        yield return ("suite", envelope.Suite.ToString());
        yield return ("keys", Recipients(envelope));
        yield return ("size", $"{envelope.ToArray().Length:N0} bytes");
    }
}
