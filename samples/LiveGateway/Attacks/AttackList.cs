using LiveGateway.Format;
using ZeroKnowledge.Calls;

namespace LiveGateway.Attacks;

/// <summary>
/// The attacks. Whatever is changed, the archive's leaf hashes and counts are changed with it, so that the archive agrees with itself: only what the
/// gateway signed, and the keys, can tell.
/// </summary>
internal static class AttackList
{
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("bit flip")
        {
            Tamper = (parts, _) => parts with { Chunks = Replace(parts, Middle(parts), Flip(parts.Chunks[Middle(parts)])) },
            Expect = parts => Corrupt(Middle(parts)),
        },
        new("truncated chunk")
        {
            Tamper = (parts, _) => parts with { Chunks = Replace(parts, Middle(parts), parts.Chunks[Middle(parts)][..^1]) },
            Expect = parts => Corrupt(Middle(parts)),
        },
        new("dropped chunk")
        {
            Tamper = (parts, _) => parts with { Chunks = [.. parts.Chunks.Take(First(parts)), .. parts.Chunks.Skip(First(parts) + 1)] },
            Expect = parts => Corrupt(First(parts), parts.Chunks.Count - 1),
        },
        new("duplicated chunk")
        {
            Tamper = (parts, _) => parts with { Chunks = [.. parts.Chunks.Take(Middle(parts) + 1), .. parts.Chunks.Skip(Middle(parts))] },
            Expect = parts => Corrupt(Middle(parts) + 1, parts.Chunks.Count + 1),
        },
        new("reordered chunks")
        {
            Tamper = (parts, _) => parts with { Chunks = [.. parts.Chunks.Take(First(parts)), parts.Chunks[First(parts) + 1], parts.Chunks[First(parts)], .. parts.Chunks.Skip(First(parts) + 2)] },
            Expect = parts => Corrupt(First(parts), First(parts) + 2),
        },
        new("chunk of another call")
        {
            Tamper = (parts, material) => parts with { Chunks = Replace(parts, Middle(parts), material.Other.Chunks[Math.Min(Middle(parts), material.Other.Chunks.Count - 1)]) },
            Expect = parts => Corrupt(Middle(parts)),
        },
        new("trailing data")
        {
            Tamper = (parts, material) => parts with { Chunks = [.. parts.Chunks, material.Other.Chunks[^1]] },
            Expect = parts => Corrupt(parts.Chunks.Count),
        },
        new("header of another call")
        {
            Tamper = (parts, material) => parts with { Header = material.Other.Header },
            Expect = _ => NotVerified("which was asked for"),
        },
        new("opening record of another call")
        {
            Tamper = (parts, material) => parts with { Opening = material.Other.Opening },
            Expect = _ => new(RecordingState.Corrupt, [], null) { ReadsOn = true, WithoutMetadata = true, Finding = "opening record is not the one" },
        },
        new("old checkpoint, seal and tail dropped")
        {
            Tamper = (parts, _) => CutTo(parts, Kept(parts)),
            Expect = parts => new(RecordingState.Truncated, [], Kept(parts)) { Finding = "register knows" },
        },
        new("forged seal over a cut recording")
        {
            Tamper = (parts, _) => CutTo(parts, Kept(parts)) with { Statements = [.. CutTo(parts, Kept(parts)).Statements, Thief.ForgeSeal(parts, Kept(parts))], Closing = parts.Closing },
            Expect = parts => new(RecordingState.Truncated, [], Kept(parts)) { Finding = "signature is wrong" },
        },
        new("recovery in place of the seal, gateway key stolen")
        {
            Tamper = (parts, material) => CutTo(parts, Kept(parts)) with { Statements = [.. CutTo(parts, 0).Statements, Thief.SignRecovery(parts, Kept(parts), parts.Root(Kept(parts)), material.GatewaySeed)] },
            Expect = parts => new(RecordingState.Truncated, [], Kept(parts)) { Finding = "register knows a Seal" },
        },
        new("recovery against the seal, gateway key stolen")
        {
            Tamper = (parts, material) => parts with { Statements = [.. parts.Statements, Thief.SignRecovery(parts, parts.Chunks.Count, parts.Root(1), material.GatewaySeed)] },
            Expect = _ => new(RecordingState.Complete, [], null) { ReadsOn = true, Finding = "does not count" },
        },
        new("envelope of another recording")
        {
            Envelope = (_, material) => material.OtherEnvelope,
            Expect = _ => NotVerified("envelope is that of another recording"),
        },
        new("forged envelope: all erased")
        {
            Envelope = (envelope, material) => Thief.ForgeErasure(envelope, material.Recipients),
            Expect = _ => NotVerified("not the one the header commits to"),
        },
        new("whole recording by another gateway")
        {
            IsForgery = true,
            Tamper = (_, material) => material.Forged,
            Envelope = (_, material) => material.ForgedEnvelope,
            Expect = _ => NotVerified("not on the trust list"),
        },
    ];

    private static int Middle(StoredParts parts) => parts.Chunks.Count / 2;

    // A chunk that has one behind it.
    private static int First(StoredParts parts) => Math.Max(0, Middle(parts) - 1);

    /// <summary>What is left of a recording that is cut: as much as a checkpoint from its middle counts.</summary>
    private static int Kept(StoredParts parts) => parts.Parsed()
        .Where(statement => statement.Type == StatementType.Checkpoint && statement.ChunkCount <= Middle(parts))
        .Max(statement => statement.ChunkCount);

    private static StoredParts CutTo(StoredParts parts, int chunks) => parts with
    {
        Chunks = [.. parts.Chunks.Take(chunks)],
        Statements = [.. parts.Parsed().Where(statement => statement.Type == StatementType.Checkpoint && statement.ChunkCount <= chunks).Select(statement => statement.ToArray())],
        Closing = [],
    };

    private static byte[][] Replace(StoredParts parts, int chunk, byte[] by) => [.. parts.Chunks.Take(chunk), by, .. parts.Chunks.Skip(chunk + 1)];

    private static byte[] Flip(byte[] chunk)
    {
        byte[] flipped = [.. chunk];
        flipped[chunk.Length / 2] ^= 1;
        return flipped;
    }

    private static Expectation Corrupt(int chunk) => Corrupt(chunk, chunk + 1);

    private static Expectation Corrupt(int first, int end) => new(RecordingState.Corrupt, [.. Enumerable.Range(first, end - first)], first);

    private static Expectation NotVerified(string finding) => new(RecordingState.NotVerified, [], null) { Finding = finding };
}
