namespace ZeroKnowledge.Calls.Tests;

/// <summary>
/// One statement that must be refused beside those that are right. Had it been taken, the state would be another one: it says what would end,
/// fork or recover the recording.
/// </summary>
internal static class StatementVectors
{
    private static readonly byte[] Closing = VectorKeys.Secret("closing hash");
    private static readonly byte[] OtherRoot = VectorKeys.Secret("root");

    public static void Add(VectorBook book)
    {
        VectorForge r = VectorForge.Running(2, every: 1);

        Refused("checkpoint-reason", "A checkpoint with reason 1.", r.Statement(StatementType.Checkpoint, root: OtherRoot, reason: 1));
        Refused("checkpoint-live", "A checkpoint whose live-signed count is not its count.", r.Statement(StatementType.Checkpoint, live: 1, root: OtherRoot));
        Refused("checkpoint-closing", "A checkpoint with a closing hash.", r.Statement(StatementType.Checkpoint, root: OtherRoot, closing: Closing));
        foreach (int reason in new[] { 0, 5, 16 })
        {
            Refused($"seal-reason-{reason}", $"A seal with reason {reason}.", r.Statement(StatementType.Seal, reason: reason, closing: Closing));
        }

        Refused("seal-live", "A seal whose live-signed count is not its count.", r.Statement(StatementType.Seal, live: 1, reason: 1, closing: Closing));
        Refused("seal-no-closing", "A seal without a closing hash.", r.Statement(StatementType.Seal, reason: 1));
        Refused("recovery-reason-0", "A recovery with reason 0.", r.Statement(StatementType.Recovery, count: 3, live: 2, root: OtherRoot));
        Refused("recovery-reason-1", "A recovery with reason 1.", r.Statement(StatementType.Recovery, count: 3, live: 2, root: OtherRoot, reason: 1));
        Refused("recovery-live", "A recovery whose live-signed count exceeds its count.", r.Statement(StatementType.Recovery, count: 3, live: 4, root: OtherRoot, reason: 16));
        Refused("recovery-closing", "A recovery with a closing hash.", r.Statement(StatementType.Recovery, count: 3, live: 2, root: OtherRoot, reason: 16, closing: Closing));
        foreach (int type in new[] { 0, 4 })
        {
            Refused($"type-{type}", $"A statement of type {type}.", r.Statement((StatementType)type, root: OtherRoot));
        }

        Refused("root-of-none", "A count of 0 with another root than that of no chunks.", r.Statement(StatementType.Checkpoint, count: 0, root: OtherRoot));
        Refused("count-limit", "A count of 16,777,217.", r.Statement(StatementType.Checkpoint, count: Format.MaxChunks + 1, root: OtherRoot));
        Refused("count-2-31", "A count of 2^31.", r.Statement(StatementType.Checkpoint, count: int.MinValue, root: OtherRoot));
        Refused("other-recording", "The core id is another recording's.", r.Statement(StatementType.Checkpoint, root: OtherRoot, coreId: VectorForge.Sealed(0, life: "other").CoreId));
        Refused("label", "The label is another one.", VectorForge.Sign(Changed(r.Statement(StatementType.Checkpoint, root: OtherRoot), 13, (byte)'T'), r.Signing));
        Refused("short", "A statement of 223 bytes.", r.Statement(StatementType.Checkpoint, root: OtherRoot)[..^1]);
        Refused("long", "A statement of 225 bytes.", [.. r.Statement(StatementType.Checkpoint, root: OtherRoot), 0]);

        Refused("signature", "A bit of the signature is flipped.", Flipped(r.Statement(StatementType.Checkpoint, root: OtherRoot), 200));
        Refused("signed-time", "A bit of the time is flipped.", Flipped(r.Statement(StatementType.Checkpoint, root: OtherRoot), 126));
        Refused("signed-by-gateway", "A checkpoint signed with the gateway key.", r.Statement(StatementType.Checkpoint, root: OtherRoot, signer: r.Gateway));
        Refused("recovery-by-signing-key", "A recovery signed with the signing key.", r.Statement(StatementType.Recovery, count: 3, live: 2, root: OtherRoot, reason: 16, signer: r.Signing));
        Refused("recovery-untrusted-time", "A recovery made after the gateway's key was valid.",
            r.Statement(StatementType.Recovery, count: 3, live: 2, root: OtherRoot, reason: 16, time: 2_051_222_400_000));
        byte[] checkpoint = r.Statement(StatementType.Checkpoint, root: OtherRoot);
        Refused("signature-s", "S is not below the group order.", [.. checkpoint[..160], .. VectorSignature.AboveOrder(checkpoint[160..])]);
        Refused("signature-r", "R is of small order, and the equation holds.", [.. checkpoint[..160], .. VectorSignature.SmallOrder(r.Signing, checkpoint[..160])]);

        VectorForge unsigned = VectorForge.Running(2);
        unsigned.First = Flipped(unsigned.First, 223);
        book.Add("statement-none", "8, 13", "The only statement's signature is wrong: chunks open under their keys, and nothing is signed.", unsigned,
            Outcome.Open(2, verified: 2, signed: 0, finding: true) with { RefusedStatements = [0], OpeningReleased = false },
            NothingSigned(0));
        AddNeutralKey("small-order", "the neutral element: anybody can sign.", [1, .. new byte[31]]);
        AddNeutralKey("not-canonical", "the neutral element in an encoding whose y is not below 2^255 - 19.", [0xee, .. Enumerable.Repeat((byte)0xff, 30), 0x7f]);

        void Refused(string name, string comment, byte[] statement)
        {
            VectorForge recording = VectorForge.Running(2, every: 1);
            recording.Add(ContainerFormat.Statement, statement);
            book.Add($"statement-{name}", "2, 8, 14", comment, recording,
                Outcome.Open(2, verified: 2, signed: 2, finding: true) with { RefusedStatements = [3] });
        }

        void AddNeutralKey(string name, string comment, byte[] key)
        {
            VectorForge recording = new VectorForge(keys: header => key.CopyTo(header, 140)).Begin().Write(2).Checkpoint();
            VectorSignature.OfNeutralKey().CopyTo(recording.First, 160);
            VectorSignature.OfNeutralKey().CopyTo(recording.Blocks[^1].Body, 160);
            book.Add($"statement-key-{name}", "2, 8", $"The header's signing key is {comment}", recording,
                Outcome.Open(2, verified: 2, signed: 0, finding: true) with { RefusedStatements = [0, 1], OpeningReleased = false },
                NothingSigned(0, 1));
        }
    }

    // Without keys there is nothing left that could be verified.
    private static VectorOutcome NothingSigned(params int[] refused) =>
        new() { State = "NotVerified", Chunks = 2, Verified = 0, Signed = 0, Corrupt = [], RefusedStatements = refused, Finding = true };

    private static byte[] Changed(byte[] bytes, int at, byte value)
    {
        bytes[at] = value;
        return bytes;
    }

    private static byte[] Flipped(byte[] bytes, int at) => Changed(bytes, at, (byte)(bytes[at] ^ 1));
}
