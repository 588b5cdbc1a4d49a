using static ZeroKnowledge.Calls.Tests.VectorPayload;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Recordings in every state that is not damage: how they end, who attests them, what the envelope still opens, what a register adds.</summary>
internal static class ReadingVectors
{
    public static void Add(VectorBook book)
    {
        foreach ((int reason, string name) in new[] { (2, "aborted"), (3, "discarded"), (4, "continued") })
        {
            VectorForge recording = VectorForge.Running(1).Seal(reason);
            book.Add($"sealed-{name}", "8", $"The seal's reason is {reason}: {name}.", recording, Outcome.Complete(1) with { Reason = name });
        }

        book.Add("linked", "5, 13", "The header names the recording that this one continues.",
            new VectorForge(life: "linked", prefix: header => VectorForge.Sealed(1).CoreId.CopyTo(header.AsSpan(44))).Begin().Write(1).Seal(), Outcome.Complete(1));
        book.Add("tick-20", "1", "The shortest tick. A reader does not compare tick numbers with arrival times.",
            new VectorForge(life: "tick-20", prefix: header => (header[14], header[15]) = (0, 20)).Begin().Write(2).Seal(), Outcome.Complete(2));
        book.Add("tick-60000", "1", "The longest tick.",
            new VectorForge(life: "tick-60000", prefix: header => (header[14], header[15]) = (0xea, 0x60)).Begin().Write(1).Seal(), Outcome.Complete(1));

        VectorForge many = new VectorForge(life: "many", prefix: header => (header[14], header[15]) = (0, 20)).Begin();
        for (int i = 0; i < 70; i++)
        {
            many.Add(i, [Format(0, i * 20, Caller), Audio(0, i * 20, i, i * 160, $"{i:x2}")]);
            _ = i == 63 ? many.Checkpoint() : many;
        }

        book.Add("many-chunks", "4, 8", "70 chunks with a checkpoint after 64: the path to a chunk key changes on four levels.", many.Seal(),
            Outcome.Complete(70, 70), container: many.Container());

        AddUnsealed(book);
        AddEnvelopes(book);
        AddRegisters(book);
    }

    private static void AddUnsealed(VectorBook book)
    {
        VectorForge open = VectorForge.Running(3, every: 2);
        book.Add("open", "13", "No end: two chunks are signed, the third is authentic only against those who hold no key.", open,
            Outcome.Open(3, verified: 3, signed: 2) with
            {
                Content = [.. Enumerable.Range(0, 3).SelectMany(i => UsualFrames(i).Select(frame => VectorFrame.Of(frame, i, signed: i < 2)))],
            },
            Outcome.ForVerifier(Outcome.Open(3, verified: 2, signed: 2)), container: open.Container());
        book.Add("open-empty", "13", "Nothing but the beginning and the first checkpoint.", new VectorForge().Begin(), Outcome.Open(0, 0, 0));
        VectorForge recovered = VectorForge.Running(3, every: 2).Recover(live: 2);
        book.Add("recovered", "8, 13", "After a crash the gateway attests three chunks, of which the writer itself had signed two.", recovered,
            Outcome.Recovered(3, signed: 2) with
            {
                Finding = false,
                Content = [.. Enumerable.Range(0, 3).SelectMany(i => UsualFrames(i).Select(frame => VectorFrame.Of(frame, i, signed: i < 2)))],
            },
            container: recovered.Container());
        book.Add("recovered-aegis", "8, 13", "A recovery of two chunks, none of which the writer had signed.", VectorForge.Running(2, suite: Suite.Aegis256).Recover(live: 0),
            Outcome.Recovered(2, signed: 0) with { Finding = false });
        book.Add("recovered-then-more", "8, 13", "One chunk more than the recovery attests: it is released, and is no evidence.", VectorForge.Running(2, every: 1).Write(1).Recover(live: 2).Write(1),
            Outcome.Recovered(4, signed: 2), Outcome.ForVerifier(Outcome.Recovered(4, signed: 2)) with { Verified = 3 });
    }

    private static void AddEnvelopes(VectorBook book)
    {
        VectorForge two = VectorForge.Sealed(1);
        VectorEnvelope plain = new(two);
        book.Add("second-recipient", "9", "The identity is that of the envelope's second stanza.", two, Outcome.Complete(1), identity: VectorKeys.Recovery,
            envelope: new VectorEnvelope(two) { Stanzas = [plain.XWing(VectorKeys.Active), plain.XWing(VectorKeys.Recovery)] }.ToArray());
        book.Add("same-tag", "9", "Two stanzas have the recipient's tag; the first does not open. The tag is a hint.", two, Outcome.Complete(1),
            envelope: new VectorEnvelope(two) { Stanzas = [VectorEnvelope.Stanza(1, VectorKeys.Active.Tag, plain.XWing(VectorKeys.Stranger)[14..]), plain.XWing(VectorKeys.Active)] }.ToArray());
        book.Add("group-beside", "9", "A group of two of three stands beside the recipient; either opens the envelope.", two, Outcome.Complete(1),
            envelope: new VectorEnvelope(two) { Stanzas = [plain.Group(), plain.XWing(VectorKeys.Active)] }.ToArray());
        book.Add("p256-beside", "9", "A P-256 stanza stands before the recipient's: the envelope is classical, and opens.", two, Outcome.Complete(1),
            envelope: new VectorEnvelope(two) { Stanzas = [VectorEnvelope.P256(), plain.XWing(VectorKeys.Active)] }.ToArray());
        book.Add("32-stanzas", "1, 9", "As many stanzas as there may be.", two, Outcome.Complete(1),
            envelope: new VectorEnvelope(two) { Stanzas = [.. Enumerable.Repeat(VectorEnvelope.P256(), 31), plain.XWing(VectorKeys.Active)] }.ToArray());
        book.Add("version-7", "9", "A later version of an envelope.", two, Outcome.Complete(1), envelope: new VectorEnvelope(two) { Version = 7 }.ToArray());

        foreach (Suite suite in new[] { Suite.Aes256Gcm, Suite.Aegis256 })
        {
            string name = suite == Suite.Aes256Gcm ? "aes" : "aegis";
            VectorForge six = VectorForge.Sealed(6, suite: suite);
            book.Add($"part-erased-{name}", "4, 9", "An envelope of form 2: the keys of chunks 2 and 3 are gone, those up to the tree's end are kept.", six,
                Outcome.Complete(6, 12) with { NoKey = [2, 3] },
                envelope: new VectorEnvelope(six) { Version = 2, Body = Part(six, [.. KeyNode.Cover(0, 2), .. KeyNode.Cover(4, Format.MaxChunks)]) }.ToArray());
            VectorForge one = VectorForge.Sealed(2, suite: suite);
            book.Add($"audio-erased-{name}", "9", "An envelope of form 2 without a node: all audio is erased, the metadata kept.", one,
                Outcome.Complete(2, 0) with { NoKey = [0, 1] }, envelope: new VectorEnvelope(one) { Version = 2, Body = Part(one, []) }.ToArray());
            book.Add($"all-erased-{name}", "9", "An envelope of form 3: no chunk and no metadata record can be opened, and everything is still verified.", one,
                Outcome.Complete(2, 0) with { NoKey = [0, 1], OpeningReleased = false, ClosingReleased = false },
                envelope: new VectorEnvelope(one) { Version = 2, Body = [.. one.CoreId.ToArray(), 3, .. one.Control] }.ToArray());
        }

        VectorForge open = VectorForge.Running(5, every: 2);
        book.Add("open-part-erased", "9, 13", "Chunk 4 has neither a key nor a statement that covers it: it is not verified.", open,
            Outcome.Open(5, verified: 4, signed: 4) with { NoKey = [4] },
            envelope: new VectorEnvelope(open) { Version = 2, Body = Part(open, KeyNode.Cover(0, 4)) }.ToArray());
    }

    private static void AddRegisters(VectorBook book)
    {
        VectorForge six = VectorForge.Running(6, every: 2);
        byte[][] statements = [.. six.Statements];
        VectorForge four = VectorForge.Running(4, every: 2);
        book.Add("register-agrees", "13", "The register knows what the source has.", four, Outcome.Open(4, 4, 4), register: [.. four.Statements]);
        book.Add("register-knows-more", "13, 14", "The register has a checkpoint of six chunks; the source gives four.", four, Outcome.Truncated(4, 4, 4, reason: null), register: statements);
        VectorForge ended = VectorForge.Running(4, every: 2).Seal();
        book.Add("register-knows-seal", "13, 14", "The register has the seal, over chunks that are all there; the source gives neither seal nor closing record.", four,
            Outcome.Corrupt(4, 4) with { ClosingReleased = false }, register: [.. ended.Statements]);
        VectorForge longer = VectorForge.Running(6, every: 2).Seal();
        book.Add("register-knows-longer-seal", "13, 14", "The register has a seal of six chunks; the source has four, and neither seal nor closing record: cut off, not altered.", four,
            Outcome.Truncated(4, 4, 4) with { ClosingReleased = false }, register: [.. longer.Statements]);
        VectorForge other = VectorForge.Running(1, every: 1);
        other.Add(VectorPayload.Bytes(1, [Format(0, 1000, Caller), Audio(0, 1000, 9, 9, "ff")])).Checkpoint();
        book.Add("register-fork", "8, 13", "The register has a checkpoint of another life of the writer: the same count, another root.", four,
            Outcome.Forked(4, 4, 4, reason: null), register: [.. other.Statements]);
    }

    private static byte[] Part(VectorForge recording, IEnumerable<KeyNode> nodes) =>
        new VectorEnvelope(recording).PartErased([.. nodes.Select(node => (node.Level, node.Index))]);
}
