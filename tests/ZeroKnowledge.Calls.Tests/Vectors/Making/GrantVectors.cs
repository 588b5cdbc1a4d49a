namespace ZeroKnowledge.Calls.Tests;

/// <summary>Grants: what they open, and what is wrong with one.</summary>
internal static class GrantVectors
{
    private static readonly VectorForge Six = VectorForge.Sealed(6, every: 2);
    private static readonly VectorForge Other = VectorForge.Sealed(6, every: 2, life: "other");

    public static void Add(VectorBook book)
    {
        foreach (Suite suite in new[] { Suite.Aes256Gcm, Suite.Aegis256 })
        {
            string name = suite == Suite.Aes256Gcm ? "aes" : "aegis";
            VectorForge six = VectorForge.Sealed(6, every: 2, suite);
            Opens($"grant-{name}", "A grant of chunks 2 to 4 of six, without the metadata keys.", six, new VectorGrant(six, 2, 5).ToArray(), Outcome.Range(6, 3, 3));
            Opens($"grant-metadata-{name}", "A grant with the metadata keys, and a not-after that has passed: a request.", six,
                new VectorGrant(six, 0, 1) { Flags = 1, NotAfterMs = VectorForge.BegunMs }.ToArray(), Outcome.Range(6, 1, 1, metadata: true));
        }

        Opens("grant-whole", "A grant of all chunks: still a range, and never Complete.", Six, new VectorGrant(Six, 0, 6).ToArray(), Outcome.Range(6, 6, 6));
        VectorForge running = VectorForge.Running(5, every: 2);
        Opens("grant-live", "A live grant of chunks 3 to 7: two are there, and one of them is signed.", running, new VectorGrant(running, 3, 8) { Flags = 2 }.ToArray(), Outcome.Range(5, 2, 1, reason: null));
        Opens("grant-live-none", "A live grant of chunks that are still to come.", running, new VectorGrant(running, 5, 8) { Flags = 2 }.ToArray(), Outcome.Range(5, 0, 0, reason: null));
        Opens("grant-older-statement", "The grant's statement is a checkpoint; the source has the seal.", Six,
            new VectorGrant(Six, 1, 3) { Statement = Six.Statements[2], Proof = Proof(Six, 4, 1, 3) }.ToArray(), Outcome.Range(6, 2, 2));
        VectorForge four = VectorForge.Running(4, every: 2);
        Opens("grant-truncated", "The grant's statement is a seal of six chunks; the source gives four, and the granted ones are among them.", four, new VectorGrant(Six, 1, 3).ToArray(),
            new VectorOutcome { State = "Truncated", Reason = "completed", Chunks = 4, Verified = 2, Signed = 2, Corrupt = [], Frames = 6, OpeningReleased = false });
        Opens("grant-chunk-changed", "Chunk 4, which is granted, was changed: those before it are proven by a checkpoint.", VectorForge.Sealed(6, every: 2).Edit(4, chunk => chunk[^1] ^= 1),
            new VectorGrant(Six, 2, 6).ToArray(), new VectorOutcome { State = "Corrupt", Reason = "completed", Chunks = 6, Verified = 2, Signed = 2, Corrupt = [4], Frames = 6 });
        VectorForge opening = VectorForge.Sealed(6, every: 2);
        opening.OpeningRecord = Other.OpeningRecord;
        Opens("grant-opening-swapped", "The opening record beside the grant is another recording's.", opening, new VectorGrant(Six, 2, 5) { Flags = 1 }.ToArray(),
            new VectorOutcome { State = "Corrupt", Reason = "completed", Chunks = 6, Verified = 3, Signed = 3, Corrupt = [], Frames = 9, OpeningReleased = false });
        book.AddGrant("grant-no-recipient", "11", "The identity is none of the grant's recipients'.", Six, new VectorGrant(Six, 2, 5).ToArray(), new VectorOutcome { Refused = "recipient" }, VectorKeys.Active);
        Opens("grant-info", "The stanza is bound to another recording.", Six,
            new VectorGrant(Six, 2, 5) { Stanzas = [new VectorGrant(Six, 2, 5).XWing(VectorKeys.Stranger, new VectorGrant(Other, 2, 5).Info)] }.ToArray(), new VectorOutcome { Refused = "recipient" });

        byte[] right = new VectorGrant(Six, 2, 5).ToArray();
        Refused("range-empty", "The range is empty.", new VectorGrant(Six, 2, 2) { Proof = [], Nodes = KeyNode.Cover(2, 5) }.ToArray());
        Refused("flags", "A reserved flag is set.", new VectorGrant(Six, 2, 5) { Flags = 4 }.ToArray());
        Refused("core-id", "The core id is not that of the header.", new VectorGrant(Six, 2, 5) { CoreId = Other.CoreId.ToArray() }.ToArray());
        Refused("foreign-statement", "The statement is another recording's.", new VectorGrant(Six, 2, 5) { Statement = Other.Statements[^1] }.ToArray());
        Refused("short-statement", "The statement counts fewer chunks than the range.", new VectorGrant(Six, 2, 5) { Statement = Six.Statements[2] }.ToArray());
        Refused("proof-short", "A hash of the proof is missing.", new VectorGrant(Six, 2, 5) { Proof = new byte[32] }.ToArray());
        Refused("proof-count", "The proof says one hash more than there are.", new VectorGrant(Six, 2, 5) { ProofCount = 49 }.ToArray());
        Refused("purpose", "The purpose is not UTF-8.", new VectorGrant(Six, 2, 5) { Purpose = [0xC3] }.ToArray());
        Refused("purpose-long", "The purpose has 1,025 bytes.", new VectorGrant(Six, 2, 5) { Purpose = new byte[1_025] }.ToArray());
        Refused("no-stanzas", "There is no stanza.", new VectorGrant(Six, 2, 5) { Stanzas = [] }.ToArray());
        Refused("group", "A stanza is a group.", new VectorGrant(Six, 2, 5) { Stanzas = [new VectorEnvelope(Six).Group()] }.ToArray());
        Refused("trailing", "There is one byte too many.", [.. right, 0]);
        Refused("cut-short", "The last byte is missing.", right[..^1]);
        NotVerified("stranger", "It is signed by a key that is not on the trust list.", new VectorGrant(Six, 2, 5) { Owner = new VectorSigner("another owner") }.ToArray());
        NotVerified("gateway", "It is signed by the gateway.", new VectorGrant(Six, 2, 5) { Owner = VectorKeys.Gateway }.ToArray());
        NotVerified("time", "It was made when the owner key was no longer trusted.", new VectorGrant(Six, 2, 5) { TimeMs = 2_051_222_400_000 }.ToArray());
        NotVerified("signature", "A bit of the signature is flipped.", [.. right[..^60], (byte)(right[^60] ^ 1), .. right[^59..]]);
        byte[] forged = [.. Six.Statements[^1]];
        forged[^1] ^= 1;
        NotVerified("statement", "The statement's signature is wrong.", new VectorGrant(Six, 2, 5) { Statement = forged }.ToArray());
        NotVerified("body", "The body is that of a grant with another purpose.", new VectorGrant(Six, 2, 5) { HeadHash = System.Security.Cryptography.SHA256.HashData(new VectorGrant(Six, 2, 5) { Purpose = [] }.Head) }.ToArray());
        NotVerified("nodes-more", "It holds the key of one chunk more than its range.", new VectorGrant(Six, 2, 5) { Nodes = KeyNode.Cover(2, 6) }.ToArray());
        NotVerified("nodes-less", "It lacks the key of a chunk of its range.", new VectorGrant(Six, 2, 5) { Nodes = KeyNode.Cover(2, 4) }.ToArray());
        NotVerified("nodes-siblings", "Four siblings stand where their parent belongs.", new VectorGrant(Six, 0, 4) { Nodes = [.. Enumerable.Range(0, 4).Select(i => new KeyNode(12, i))] }.ToArray());
        NotVerified("metadata-more", "It holds the metadata keys, and its flag says that it does not.", new VectorGrant(Six, 2, 5) { MetadataKeys = true }.ToArray());
        book.AddGrant("grant-other-recording", "11, 13", "The grant is for another recording.", Other, right, Outcome.NotVerified);

        void Opens(string name, string comment, VectorForge recording, byte[] grant, VectorOutcome expected) => book.AddGrant(name, "11, 13", comment, recording, grant, expected);

        void Refused(string name, string comment, byte[] grant) => book.AddGrant($"grant-{name}", "11", comment, Six, grant, Outcome.Refused("grant"));

        void NotVerified(string name, string comment, byte[] grant) => book.AddGrant($"grant-{name}", "11, 14", comment, Six, grant, Outcome.NotVerified);
    }

    private static byte[] Proof(VectorForge recording, int count, int first, int end)
    {
        byte[] leaves = new byte[count * 32];
        for (int i = 0; i < count; i++)
        {
            MerkleTree.LeafHash(recording.Chunks[i], leaves.AsSpan(i * 32, 32));
        }

        return RangeProof.Create(leaves, first, end);
    }
}
