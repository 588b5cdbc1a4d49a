namespace ZeroKnowledge.Calls.Tests;

/// <summary>Chunks that were changed after they were signed, or encrypted wrongly, and sets of chunks that are not what was signed.</summary>
internal static class ChunkVectors
{
    public static void Add(VectorBook book)
    {
        foreach (Suite suite in new[] { Suite.Aes256Gcm, Suite.Aegis256 })
        {
            string name = suite == Suite.Aes256Gcm ? "aes" : "aegis";
            Flipped("nonce", "A bit of chunk 2's nonce", 0);
            Flipped("ciphertext", "A bit of chunk 2's ciphertext", 100);
            Flipped("tag", "The last bit of chunk 2's tag", -1);

            void Flipped(string part, string comment, int at)
            {
                VectorForge recording = VectorForge.Sealed(4, every: 1, suite);
                recording.Edit(2, chunk => chunk[at < 0 ? chunk.Length + at : at] ^= 1);
                book.Add($"chunk-{part}-{name}", "3, 14", $"{comment} is flipped.", recording, Outcome.Corrupt(4, 2, 2));
            }

            foreach (int at in new[] { 0, 31 })
            {
                VectorForge recording = new VectorForge(suite).Begin().Write(1, every: 1);
                byte[] zeros = new byte[32];
                zeros[at] = 1;
                recording.Add(VectorPayload.Usual(1), zeros).Checkpoint().Write(1, every: 1).Seal();
                book.Add($"chunk-zeros-{at}-{name}", "3, 14", $"Chunk 1's tag is right and byte {at} of its 32 zeros is 1: it is not committed to its key.", recording,
                    Outcome.Corrupt(3, 1, 1), Outcome.ForVerifier(Outcome.Complete(3)));
            }
        }

        AddSets(book);
        AddCounts(book);
    }

    private static void AddSets(VectorBook book)
    {
        Set("swapped", "Chunks 1 and 2 changed places.", chunks => [chunks[0], chunks[2], chunks[1], chunks[3]],
            Outcome.Corrupt(4, 1, 1, 2), [1]);
        Set("duplicated", "Chunk 1 stands twice.", chunks => [chunks[0], chunks[1], chunks[1], chunks[2], chunks[3]],
            Outcome.Corrupt(5, 2, 2, 3, 4), [2, 4]);
        Set("removed", "Chunk 1 is missing; the seal counts one more, and the chunks after it are not at their place.", chunks => [chunks[0], chunks[2], chunks[3]],
            Outcome.Corrupt(3, 1, 1, 2), [1]);
        Set("spliced", "Chunk 2 is that of another recording.", chunks => [chunks[0], chunks[1], VectorForge.Sealed(4, life: "other").Chunks[2], chunks[3]],
            Outcome.Corrupt(4, 2, 2), [2]);
        VectorForge forged = VectorForge.Running(2);
        forged.Add(VectorPayload.Bytes(2, [VectorPayload.Format(0, 2000, VectorPayload.Caller), VectorPayload.Audio(0, 2000, 1, 1, "f00d")]));
        Set("replaced", "Chunk 2 is forged by somebody who holds its key: it opens, and no signed root is over it.", chunks => [chunks[0], chunks[1], forged.Chunks[2], chunks[3]],
            Outcome.Corrupt(4, 2, 2), [2]);
        Set("short", "Chunk 2 is one byte too short.", chunks => [chunks[0], chunks[1], chunks[2][..^1], chunks[3]], Outcome.Corrupt(4, 2, 2), [2]);
        Set("long", "Chunk 2 is one byte too long.", chunks => [chunks[0], chunks[1], [.. chunks[2], 0], chunks[3]], Outcome.Corrupt(4, 2, 2), [2]);

        VectorForge sparse = VectorForge.Sealed(4);
        Replace(sparse, [sparse.Chunks[0], sparse.Chunks[1], forged.Chunks[2], sparse.Chunks[3]]);
        book.Add("chunk-replaced-no-checkpoint", "13, 14", "Chunk 2 is forged by somebody who holds its key, and only the seal covers it: any of the four could be the wrong one.", sparse,
            Outcome.Corrupt(4, 0, 0, 1, 2, 3));
        VectorForge flipped = VectorForge.Sealed(4).Edit(2, chunk => chunk[^1] ^= 1);
        book.Add("chunk-tag-no-checkpoint", "13, 14", "Chunk 2 does not open, and only the seal covers the others: they open, and nothing proves them.", flipped,
            Outcome.Corrupt(4, 0, 2), Outcome.ForVerifier(Outcome.Corrupt(4, 0, 0, 1, 2, 3)));

        void Set(string name, string comment, Func<IReadOnlyList<byte[]>, IReadOnlyList<byte[]>> change, VectorOutcome expected, int[] verifier)
        {
            VectorForge recording = VectorForge.Sealed(4, every: 1);
            Replace(recording, change(recording.Chunks));
            book.Add($"chunk-{name}", "8, 13, 14", comment, recording, expected, Outcome.ForVerifier(expected with { Corrupt = verifier }));
        }
    }

    private static void AddCounts(VectorBook book)
    {
        Cut("truncated", "The last of four chunks is missing.", VectorForge.Sealed(4, every: 1), 3, Outcome.Truncated(3, 3, 3));
        Cut("truncated-to-nothing", "All four chunks are missing.", VectorForge.Sealed(4, every: 1), 0, Outcome.Truncated(0, 0, 0));
        Cut("truncated-between", "The last of six chunks is missing; chunk 4 is covered by the seal only, whose root cannot be computed without chunk 5.", VectorForge.Sealed(6, every: 4), 5,
            Outcome.Truncated(5, 5, 4), Outcome.ForVerifier(Outcome.Truncated(5, 4, 4)));
        Cut("truncated-open", "No end, and the last checkpoint counts one chunk more than there are.", VectorForge.Running(4, every: 2), 3, Outcome.Truncated(3, 3, 2, reason: null),
            Outcome.ForVerifier(Outcome.Truncated(3, 2, 2, reason: null)));
        VectorForge both = VectorForge.Sealed(4, every: 1).Edit(1, chunk => chunk[50] ^= 1);
        Cut("truncated-and-corrupt", "The last chunk is missing and chunk 1 is damaged: the lower state wins.", both, 3, Outcome.Corrupt(3, 1, 1));

        VectorForge more = VectorForge.Sealed(4, every: 1);
        more.Blocks.Add((ContainerFormat.Chunk, VectorForge.Running(5).Chunks[4]));
        book.Add("trailing", "13, 14", "A fifth chunk, under the key of its index, follows a seal of four.", more, Outcome.Corrupt(5, 4, 4));
        VectorForge noise = VectorForge.Sealed(4, every: 1, Suite.Aegis256);
        noise.Blocks.Add((ContainerFormat.Chunk, new byte[noise.Chunks[0].Length]));
        book.Add("trailing-noise", "13, 14", "A fifth chunk, of zeros, follows a seal of four.", noise, Outcome.Corrupt(5, 4, 4));

        VectorForge open = VectorForge.Running(3, every: 2).Edit(2, chunk => chunk[^1] ^= 1);
        book.Add("open-damaged", "13", "No end; a chunk that no statement covers does not open. Without a key nothing is seen of it.", open,
            Outcome.Corrupt(3, 2, 2) with { Reason = null, ClosingReleased = false }, Outcome.ForVerifier(Outcome.Open(3, verified: 2, signed: 2, finding: null)));

        void Cut(string name, string comment, VectorForge recording, int chunks, VectorOutcome expected, VectorOutcome? verifier = null)
        {
            Replace(recording, [.. recording.Chunks.Take(chunks)]);
            book.Add(name, "13, 14", comment, recording, expected, verifier);
        }
    }

    private static void Replace(VectorForge recording, IReadOnlyList<byte[]> chunks)
    {
        recording.Blocks.RemoveAll(block => block.Type == ContainerFormat.Chunk);
        recording.Blocks.InsertRange(0, chunks.Select(chunk => (ContainerFormat.Chunk, chunk)));
    }
}
