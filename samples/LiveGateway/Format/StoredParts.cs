using System.Security.Cryptography;
using ZeroKnowledge.Calls;

namespace LiveGateway.Format;

/// <summary>A recording as it is stored: bytes, none of them judged. What an attacker has, and changes.</summary>
internal sealed record StoredParts
{
    /// <summary>Under which it is stored. After an attack it need no longer be that of the header.</summary>
    public required CoreId CoreId { get; init; }

    public required byte[] Header { get; init; }

    public required byte[] Opening { get; init; }

    public required IReadOnlyList<byte[]> Statements { get; init; }

    /// <summary>Empty if there is none.</summary>
    public required byte[] Closing { get; init; }

    public required IReadOnlyList<byte[]> Chunks { get; init; }

    public Statement Seal => Parsed().Single(statement => statement.Type == StatementType.Seal);

    /// <summary>The Merkle root over the first chunks.</summary>
    public byte[] Root(int count)
    {
        MerklePeaks peaks = new();
        foreach (byte[] chunk in Chunks.Take(count))
        {
            peaks.AppendChunk(chunk);
        }

        byte[] root = new byte[32];
        peaks.Root(root);
        return root;
    }

    /// <summary>The hash of a leaf (docs/FORMAT.md, section 8).</summary>
    public static byte[] Leaf(byte[] chunk) => SHA256.HashData([0, .. chunk]);

    /// <summary>Those of the statements that have the form of one; whether they were signed is another question.</summary>
    public IReadOnlyList<Statement> Parsed() =>
        [.. Statements.Select(bytes => Statement.TryParse(bytes, out Statement? statement, out _) ? statement : null).OfType<Statement>()];
}
