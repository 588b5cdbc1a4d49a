using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>What an opened envelope gives: nodes of the key tree, and the keys of the metadata records. Used by one thread at a time.</summary>
internal sealed class RecordingKeys : IDisposable
{
    private readonly KeyNode[] _nodes;
    private readonly SecretBytes _keys;
    private readonly SecretBytes? _metadata;

    // The path to the chunk key that was derived last: in sequence most of it serves for the next one.
    private readonly SecretBytes _path = new((Format.TreeDepth + 1) * Format.KeySize);
    private int _pathTop = Format.TreeDepth + 1;
    private int _pathChunk;

    private RecordingKeys(EnvelopeForm form, KeyNode[] nodes, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> openingKey, ReadOnlySpan<byte> closingKey)
    {
        Form = form;
        _nodes = nodes;
        _keys = new SecretBytes(Math.Max(keys.Length, 1));
        keys.CopyTo(_keys.Span);
        if (!openingKey.IsEmpty)
        {
            _metadata = new SecretBytes(2 * Format.KeySize);
            openingKey.CopyTo(_metadata.Span);
            closingKey.CopyTo(_metadata.Span[Format.KeySize..]);
        }
    }

    public EnvelopeForm Form { get; }

    /// <summary>The nodes held, by name: minimal, in ascending order.</summary>
    public IReadOnlyList<KeyNode> Nodes => _nodes;

    public bool HasMetadataKeys => _metadata is not null;

    public ReadOnlySpan<byte> OpeningKey => _metadata is { } keys ? keys.Span[..Format.KeySize] : default;

    public ReadOnlySpan<byte> ClosingKey => _metadata is { } keys ? keys.Span[Format.KeySize..] : default;

    public static RecordingKeys Whole(ReadOnlySpan<byte> prk, CoreId id)
    {
        Span<byte> keys = stackalloc byte[3 * Format.KeySize];
        Span<byte> root = keys[..32], opening = keys.Slice(32, 32), closing = keys[64..];
        KeySchedule.TreeRoot(prk, id, root);
        KeySchedule.OpeningKey(prk, id, opening);
        KeySchedule.ClosingKey(prk, id, closing);
        RecordingKeys result = new(EnvelopeForm.Whole, [new KeyNode(0, 0)], root, opening, closing);
        CryptographicOperations.ZeroMemory(keys);
        return result;
    }

    /// <param name="form">Of the envelope.</param>
    /// <param name="nodes">Checked with <see cref="KeyNode.IsMinimal"/>.</param>
    /// <param name="keys">32 bytes for each node.</param>
    /// <param name="openingKey">32 bytes, or none.</param>
    /// <param name="closingKey">32 bytes, or none.</param>
    public static RecordingKeys Part(
        EnvelopeForm form, KeyNode[] nodes, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> openingKey, ReadOnlySpan<byte> closingKey) =>
        new(form, nodes, keys, openingKey, closingKey);

    public static RecordingKeys None() => new(EnvelopeForm.AllErased, [], default, default, default);

    public bool HasChunkKey(int chunk) => Find(chunk) >= 0;

    /// <summary>Copies the key of a node that is among or below the nodes held; false if there is none.</summary>
    public bool TryNodeKey(KeyNode wanted, Span<byte> key)
    {
        int held = wanted.IsValid ? Find(wanted.First) : -1;
        if (held < 0 || _nodes[held].Level > wanted.Level)
        {
            return false;
        }

        Derive(held, wanted.Level, wanted.First, key);
        return true;
    }

    /// <summary>Copies the key of a chunk, which the caller wipes; false if it was erased or not granted.</summary>
    public bool TryChunkKey(int chunk, Span<byte> key) => TryNodeKey(new KeyNode(Format.TreeDepth, chunk), key);

    public void Dispose()
    {
        _keys.Dispose();
        _metadata?.Dispose();
        _path.Dispose();
    }

    private int Find(int chunk)
    {
        int low = 0, high = _nodes.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (_nodes[middle].Covers(chunk))
            {
                return middle;
            }

            (low, high) = _nodes[middle].First < chunk ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    private void Derive(int held, int level, int chunk, Span<byte> key)
    {
        Span<byte> path = _path.Span;
        KeyNode top = _nodes[held];
        int from = top.Level;
        if (_pathTop == top.Level && top.Covers(_pathChunk))
        {
            while (from < level && KeyNode.On(from + 1, chunk) == KeyNode.On(from + 1, _pathChunk))
            {
                from++;
            }
        }
        else
        {
            _keys.Span.Slice(held * Format.KeySize, Format.KeySize).CopyTo(At(path, from));
        }

        Span<byte> children = stackalloc byte[4 * Format.KeySize];
        for (int l = from; l < level; l++)
        {
            KeySchedule.Children(At(path, l), l, children);
            children.Slice((KeyNode.On(l + 1, chunk).Index & 3) * Format.KeySize, Format.KeySize).CopyTo(At(path, l + 1));
        }

        CryptographicOperations.ZeroMemory(children);
        At(path, level).CopyTo(key);
        // Only a path that reaches a leaf can be shared by the next one.
        _pathTop = level == Format.TreeDepth ? top.Level : Format.TreeDepth + 1;
        _pathChunk = chunk;
    }

    private static Span<byte> At(Span<byte> path, int level) => path.Slice(level * Format.KeySize, Format.KeySize);
}
