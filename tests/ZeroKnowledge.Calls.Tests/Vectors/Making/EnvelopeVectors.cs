namespace ZeroKnowledge.Calls.Tests;

/// <summary>Key envelopes of a recording with one chunk that is right.</summary>
internal static class EnvelopeVectors
{
    private static readonly VectorForge One = VectorForge.Sealed(1);
    private static readonly VectorForge Other = VectorForge.Sealed(1, life: "other");
    private static readonly VectorEnvelope Right = new(One);

    public static void Add(VectorBook book)
    {
        byte[] right = Right.ToArray();
        Refused("magic", "9", "The magic is ZKCENV2.", new VectorEnvelope(One) { Magic = "ZKCENV2\0"u8.ToArray() }.ToArray());
        Refused("suite-3", "9", "The suite is 3.", new VectorEnvelope(One) { Suite = 3 }.ToArray());
        Refused("version-0", "9", "The version is 0.", new VectorEnvelope(One) { Version = 0 }.ToArray());
        Refused("no-stanzas", "1, 9", "There is no stanza.", new VectorEnvelope(One) { Stanzas = [] }.ToArray());
        Refused("33-stanzas", "1, 9", "There are 33 stanzas.",
            new VectorEnvelope(One) { Stanzas = [.. Enumerable.Repeat(VectorEnvelope.P256(), 32), Right.XWing(VectorKeys.Active)] }.ToArray());
        Refused("stanza-count", "9", "The stanza count says one more than there are.", new VectorEnvelope(One) { StanzaCount = 2 }.ToArray());
        Refused("truncated", "9", "The last byte is missing.", right[..^1]);
        Refused("trailing", "9", "There is one byte too many.", [.. right, 0]);
        Refused("empty", "9", "There are no bytes.", []);
        Refused("stanza-kind-0", "9", "A stanza is of kind 0.", new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), VectorEnvelope.Stanza(0, new byte[8], [])] }.ToArray());
        Refused("stanza-kind-4", "9", "A stanza is of kind 4.", new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), VectorEnvelope.Stanza(4, new byte[8], [])] }.ToArray());
        Refused("stanza-short", "9", "An X-Wing stanza is one byte too short.",
            new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), VectorEnvelope.Stanza(1, new byte[8], new byte[1167])] }.ToArray());
        Refused("stanza-long", "9", "A P-256 stanza is one byte too long.",
            new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), VectorEnvelope.Stanza(2, new byte[8], new byte[114])] }.ToArray());
        Refused("stanza-length", "9", "A stanza's length goes beyond the envelope.",
            new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), VectorEnvelope.Stanza(1, new byte[8], new byte[1168], int.MaxValue)] }.ToArray());
        Refused("body-length", "9", "The body's length is one too many.", new VectorEnvelope(One) { BodyLength = 126 }.ToArray());
        AddGroups(book);

        NotVerified("suite-differs", "9", "The suite is not the header's.", new VectorEnvelope(One) { Suite = 2 }.ToArray());
        NotVerified("other-recording", "9, 14", "It is the envelope of another recording, for the same recipients.", new VectorEnvelope(Other).ToArray());
        book.Add("envelope-core-id", "9", "The core id in clear is another recording's; this one is asked for.", One, Outcome.NotVerified, Outcome.ForVerifier(Outcome.Complete(1)),
            new VectorEnvelope(One) { CoreId = Other.CoreId.ToArray() }.ToArray(), coreId: One.CoreId.ToString());
        NotVerified("body-core-id", "9, 14", "The core id in the body is another recording's.",
            new VectorEnvelope(One) { Body = [.. Other.CoreId.ToArray(), 1, .. One.Secret] }.ToArray());
        NotVerified("body-tag", "9", "A bit of the body's tag is flipped, under a MAC that is right.", new VectorEnvelope(One) { Sealed = body => body[^1] ^= 1 }.ToArray());
        NotVerified("body-zeros", "3, 9", "The body's tag is right, and one of its 32 zeros is not.", new VectorEnvelope(One) { Zeros = [1, .. new byte[31]] }.ToArray());
        NotVerified("body-empty", "9", "The body holds no message.", new VectorEnvelope(One) { Body = [] }.ToArray());
        NotVerified("body-cut", "9", "The body is shorter than what Seal adds.", CutBody());
        NotVerified("commitment", "4, 14", "The body holds another secret than the header commits to; the MAC is right under it.",
            new VectorEnvelope(One) { Body = [.. One.CoreId.ToArray(), 1, .. Other.Secret], Control = ControlOf(Other.Secret) }.ToArray());
        NotVerified("commitment-erased", "4, 14", "The body is of form 3, with another `control` than the header commits to; the MAC is right under it.",
            new VectorEnvelope(One) { Version = 2, Body = [.. One.CoreId.ToArray(), 3, .. Other.Control], Control = Other.Control }.ToArray());
        NotVerified("mac", "9, 14", "A bit of the MAC is flipped.", [.. right[..^1], (byte)(right[^1] ^ 1)]);
        NotVerified("mac-key", "9, 14", "The MAC is made under another recording's key.", new VectorEnvelope(One) { Control = Other.Control }.ToArray());
        NotVerified("version-changed", "9", "The version was raised without a new MAC.", [.. right[..13], 2, .. right[14..]]);
        NotVerified("stanza-added", "9", "A recipient was added by somebody who holds the envelope key only.", Added());
        NotVerified("stanza-moved", "9", "Two stanzas changed places, under the MAC of before.", Restanzaed([1, 0]));
        NotVerified("stanza-dropped", "9", "A recipient was dropped, under the MAC of before.", Restanzaed([0]));
        AddForms(book);

        book.Add("envelope-no-recipient", "9, 14", "The identity is none of the recipients'.", One, new VectorOutcome { Refused = "recipient" }, Outcome.ForVerifier(Outcome.Complete(1)), identity: VectorKeys.Stranger);
        book.Add("envelope-info", "9", "The stanza has the recipient's tag, and its wrapping is bound to another recording.", One, new VectorOutcome { Refused = "recipient" }, Outcome.ForVerifier(Outcome.Complete(1)),
            envelope: new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active, info: new VectorEnvelope(Other).Info)] }.ToArray());

        void Refused(string name, string section, string comment, byte[] envelope) => AddRefused(book, name, section, comment, envelope);

        void NotVerified(string name, string section, string comment, byte[] envelope) =>
            AddNotVerified(book, name, section, comment, envelope);
    }

    private static void AddGroups(VectorBook book)
    {
        // Group, k, n, then members of 1 + 32 + 2 + 8 + 1,168 bytes.
        const int member = 1211;
        Group("x", "The second member's x is 3.", Right.Group(group => group[3 + member] = 3));
        Group("k-above-n", "k is 4, n is 3.", Right.Group(group => group[1] = 4, Tag(4, 3)));
        Group("k-1", "k is 1.", Right.Group(group => group[1] = 1, Tag(1, 3)));
        Group("number", "The only group has the number 1.", Right.Group(group => group[0] = 1));
        Group("member-kind", "A member is a group.", Right.Group(group => group[3 + 34] = 3));
        Group("members", "n is 4, and there are three members.", Right.Group(group => group[2] = 4, Tag(2, 4)));
        Group("tag", "The group's tag is not that of its members.", Right.Group(tag: new byte[8]));

        void Group(string name, string comment, byte[] group) =>
            AddRefused(book, $"group-{name}", "9", comment, new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), group] }.ToArray());
    }

    private static byte[] Tag(byte k, byte n) => System.Security.Cryptography.SHA256.HashData(
        [.. "zkc1 group"u8, k, n, .. VectorKeys.Active.Tag, .. VectorKeys.Recovery.Tag, .. VectorKeys.Stranger.Tag])[..8];

    private static void AddForms(VectorBook book)
    {
        byte[] id = One.CoreId.ToArray();
        Form("form-0", "The form is 0.", [.. id, 0, .. One.Secret]);
        Form("form-4", "The form is 4.", [.. id, 4, .. One.Control]);
        Form("form-1-long", "A byte follows the secret.", [.. id, 1, .. One.Secret, 0]);
        Form("form-3-long", "A byte follows `control`.", [.. id, 3, .. One.Control, 0]);
        Form("part-count", "The node count says two, there is one.", Right.PartErased(2, (12, 0)));
        Form("part-siblings", "Four siblings stand where their parent belongs.", Right.PartErased((12, 0), (12, 1), (12, 2), (12, 3)));
        Form("part-order", "The nodes descend.", Right.PartErased((12, 1), (12, 0)));
        Form("part-twice", "A node stands twice.", Right.PartErased((12, 0), (12, 0)));
        Form("part-overlap", "A node covers chunks that the one before it covers.", Right.PartErased((11, 0), (12, 3)));
        Form("part-level", "A node is of level 13.", Right.PartErased((13, 0)));
        Form("part-index", "A node's index is 4^level.", Right.PartErased((1, 4)));

        void Form(string name, string comment, byte[] body) =>
            AddNotVerified(book, name, "9", comment, new VectorEnvelope(One) { Version = 2, Body = body }.ToArray());
    }

    private static byte[] Added()
    {
        byte[] envelope = new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), Right.XWing(VectorKeys.Stranger)] }.ToArray();
        byte[] before = new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active)] }.ToArray();
        return [.. envelope[..^32], .. before[^32..]];
    }

    private static byte[] Restanzaed(int[] order)
    {
        byte[][] stanzas = [Right.XWing(VectorKeys.Active), Right.XWing(VectorKeys.Recovery)];
        byte[] envelope = new VectorEnvelope(One) { Stanzas = [.. order.Select(i => stanzas[i])] }.ToArray();
        byte[] before = new VectorEnvelope(One) { Stanzas = stanzas }.ToArray();
        return [.. envelope[..^32], .. before[^32..]];
    }

    // Control as a reader computes it from a secret and this recording's header.
    private static byte[] ControlOf(byte[] secret)
    {
        byte[] prk = new byte[32], control = new byte[32];
        KeySchedule.Extract(secret, prk);
        KeySchedule.Control(prk, One.Header.AsSpan(0, 76), control);
        return control;
    }

    private static byte[] CutBody()
    {
        byte[] whole = Right.ToArray();
        int body = whole.Length - 32 - (60 + 65);
        byte[] envelope = [.. whole[..(body - 4)], 0, 0, 0, 59, .. whole[body..(body + 59)]];
        byte[] macKey = new byte[32];
        KeySchedule.EnvelopeMacKey(One.Control, One.CoreId, macKey);
        return [.. envelope, .. System.Security.Cryptography.HMACSHA256.HashData(macKey, envelope)];
    }

    private static void AddRefused(VectorBook book, string name, string section, string comment, byte[] envelope) =>
        book.Add($"envelope-{name}", section, comment, One, Outcome.Refused("envelope"), Outcome.ForVerifier(Outcome.Complete(1)), envelope);

    private static void AddNotVerified(VectorBook book, string name, string section, string comment, byte[] envelope) =>
        book.Add($"envelope-{name}", section, comment, One, Outcome.NotVerified, Outcome.ForVerifier(Outcome.Complete(1)), envelope);
}
