namespace ZeroKnowledge.Calls.Tests;

/// <summary>What can be computed from a vector with its identity: the values that section 15 of docs/FORMAT.md shows.</summary>
internal sealed class WorkedExample
{
    private readonly VectorFile _file;
    private readonly RecordingHeader _header;
    private readonly KeyEnvelope _envelope;
    private readonly byte[] _seed = new byte[XWing.SeedSize];
    private readonly byte[] _shared = new byte[32];
    private readonly byte[] _wrappingKey = new byte[32];
    private readonly byte[] _wrappingNonce = new byte[12];
    private readonly byte[] _envelopeKey = new byte[32];
    private readonly byte[] _body;

    public WorkedExample(VectorFile file)
    {
        _file = file;
        Assert.True(RecordingHeader.TryParse(Convert.FromHexString(file.Header!), out RecordingHeader? header, out string? error), error);
        Assert.True(KeyEnvelope.TryParse(Convert.FromHexString(file.Envelope!), out KeyEnvelope? envelope, out error), error);
        (_header, _envelope) = (header, envelope);
        Assert.True(Bech32.TryDecode(file.Identities![0], "AGE-SECRET-KEY-PQ-", _seed));

        byte[] info = [.. "zkc1 envelope"u8, .. header.CoreId.ToArray()];
        ReadOnlySpan<byte> wrapped = envelope.Stanzas[0].Body.Span;
        Assert.True(XWing.TryDecapsulate(_seed, wrapped[..XWing.CiphertextSize], _shared));
        Hpke.Schedule(Kem.XWingId, Hpke.Aes256Gcm, _shared, info, _wrappingKey, _wrappingNonce);
        Assert.True(Hpke.TryUnwrap(StanzaKind.XWing, _shared, info, wrapped, _envelopeKey));
        _body = new byte[envelope.Body.Length - Format.Overhead(header.Suite)];
        Assert.True(Sealing.TryOpen(header.Suite, _envelopeKey, envelope.Body.Span, _body));
    }

    private byte[] Secret => _body[^32..];

    public byte[]? Structure(string what) => what switch
    {
        "header" => _header.ToArray(),
        "payload" => Payload(),
        "chunk" => Chunk(0),
        "seal" => Convert.FromHexString(_file.Statements![^1]),
        "envelope" => _envelope.ToArray(),
        "container" => Convert.FromHexString(_file.Container!),
        _ => null,
    };

    public IReadOnlyDictionary<string, byte[]> Values(string what) => what switch
    {
        "keys" => Keys(),
        "wrapping" => new Dictionary<string, byte[]>
        {
            ["identity seed"] = _seed,
            ["shared secret"] = _shared,
            ["HPKE key"] = _wrappingKey,
            ["HPKE nonce"] = _wrappingNonce,
            ["envelope key"] = _envelopeKey,
        },
        "tree" => new Dictionary<string, byte[]> { ["leaf 0"] = Leaves(0, 1), ["root of 0"] = MerkleTree.EmptyRoot.ToArray(), ["root of 1"] = Root(0, 1) },
        "proof" => Proof(),
        _ => throw new InvalidOperationException($"Nothing is called {what}."),
    };

    private Dictionary<string, byte[]> Keys()
    {
        byte[] prk = new byte[32], control = new byte[32], commitment = new byte[32], mac = new byte[32];
        KeySchedule.Extract(Secret, prk);
        KeySchedule.Control(prk, _header.Prefix, control);
        KeySchedule.Commitment(control, commitment);
        Assert.Equal(_header.Commitment.ToArray(), commitment);
        KeySchedule.EnvelopeMacKey(control, _header.CoreId, mac);
        using RecordingKeys keys = RecordingKeys.Whole(prk, _header.CoreId);
        return new Dictionary<string, byte[]>
        {
            ["S"] = Secret,
            ["prk"] = prk,
            ["control"] = control,
            ["commitment"] = commitment,
            ["core id"] = _header.CoreId.ToArray(),
            ["opening key"] = keys.OpeningKey.ToArray(),
            ["closing key"] = keys.ClosingKey.ToArray(),
            ["tree root"] = Node(keys, 0, 0),
            ["node (1, 0)"] = Node(keys, 1, 0),
            ["node (11, 0)"] = Node(keys, 11, 0),
            ["chunk key 0"] = Node(keys, 12, 0),
            ["chunk key 1"] = Node(keys, 12, 1),
            ["chunk key 16777215"] = Node(keys, 12, 16_777_215),
            ["envelope MAC key"] = mac,
        };
    }

    private Dictionary<string, byte[]> Proof()
    {
        int count = _file.Chunks!.Count;
        Dictionary<string, byte[]> values = new() { ["root of 6"] = Root(0, count) };
        for (int i = 0; i < count; i++)
        {
            values.Add($"leaf {i}", Leaves(i, i + 1));
        }

        foreach ((int low, int high) in new[] { (0, 2), (2, 4), (0, 4), (4, 6) })
        {
            values.Add($"subtree [{low}, {high})", Root(low, high));
        }

        // The two that the document says are the proof.
        byte[] proof = RangeProof.Create(Leaves(0, count), 2, 4);
        Assert.Equal([.. values["subtree [0, 2)"], .. values["subtree [4, 6)"]], proof);
        Assert.True(Statement.TryParse(Convert.FromHexString(_file.Statements![^1]), out Statement? seal, out string? error), error);
        Assert.Equal(values["root of 6"], seal.Root.ToArray());
        return values;
    }

    private byte[] Payload()
    {
        byte[] prk = new byte[32], payload = new byte[_header.PayloadSize];
        KeySchedule.Extract(Secret, prk);
        using RecordingKeys keys = RecordingKeys.Whole(prk, _header.CoreId);
        Assert.True(Sealing.TryOpen(_header.Suite, Node(keys, 12, 0), Chunk(0), payload));
        return payload;
    }

    private byte[] Chunk(int index) => Convert.FromHexString(_file.Chunks![index]);

    private static byte[] Node(RecordingKeys keys, int level, int index)
    {
        byte[] key = new byte[32];
        Assert.True(keys.TryNodeKey(new KeyNode(level, index), key));
        return key;
    }

    private byte[] Leaves(int first, int end)
    {
        byte[] leaves = new byte[(end - first) * 32];
        for (int i = first; i < end; i++)
        {
            MerkleTree.LeafHash(Chunk(i), leaves.AsSpan((i - first) * 32, 32));
        }

        return leaves;
    }

    private byte[] Root(int first, int end)
    {
        byte[] root = new byte[32];
        MerkleTree.Root(Leaves(first, end), root);
        return root;
    }
}
