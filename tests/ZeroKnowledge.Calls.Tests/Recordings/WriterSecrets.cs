using System.Buffers.Binary;
using System.Numerics;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Everything a writer knew once and must have forgotten, derived again from its envelope with the customer's identity.</summary>
internal static class WriterSecrets
{
    /// <summary>What opens the recording, or one of the first chunks, and traces of it.</summary>
    public static List<(string Name, byte[] Bytes)> Forgotten(RecordingHeader header, KeyEnvelope envelope, Identity identity, int chunks)
    {
        List<(string Name, byte[] Bytes)> secrets = [];
        byte[] info = new byte[EnvelopeInfo.Size];
        EnvelopeInfo.Write(info, header.CoreId);
        ReadOnlySpan<byte> wrapped = envelope.Stanzas[0].Body.Span;
        byte[] shared = Add(secrets, "HPKE shared secret");
        byte[] seed = new byte[XWing.SeedSize];
        Assert.True(Bech32.TryDecode(identity.ExportSecret(), "AGE-SECRET-KEY-PQ-", seed));
        Assert.True(XWing.TryDecapsulate(seed, wrapped[..XWing.CiphertextSize], shared));
        Hpke.Schedule(Kem.XWingId, Hpke.Aes256Gcm, shared, info, Add(secrets, "HPKE key"), new byte[12]);

        byte[] envelopeKey = Add(secrets, "envelope key");
        Assert.True(identity.TryUnwrap(info, wrapped, envelopeKey));
        byte[] body = new byte[CoreId.Size + 1 + Format.KeySize];
        Assert.True(Sealing.TryOpen(header.Suite, envelopeKey, envelope.Body.Span, body));
        byte[] secret = Add(secrets, "S");
        body.AsSpan(CoreId.Size + 1).CopyTo(secret);
        byte[] prk = Add(secrets, "prk");
        KeySchedule.Extract(secret, prk);
        byte[] control = Add(secrets, "control");
        KeySchedule.Control(prk, header.Prefix, control);
        KeySchedule.EnvelopeMacKey(control, header.CoreId, Add(secrets, "envelope MAC key"));
        KeySchedule.OpeningKey(prk, header.CoreId, Add(secrets, "opening key"));

        using RecordingKeys keys = RecordingKeys.Whole(prk, header.CoreId);
        Assert.True(keys.TryNodeKey(new KeyNode(0, 0), Add(secrets, "tree root")));
        HashSet<KeyNode> above = [.. Enumerable.Range(0, chunks).SelectMany(chunk => Enumerable.Range(1, 12).Select(level => KeyNode.On(level, chunk)))];
        foreach (KeyNode node in above)
        {
            Assert.True(keys.TryNodeKey(node, Add(secrets, Name(node))));
        }

        return WithTraces(secrets);
    }

    /// <summary>The same with what HMAC makes of keys on its way, which is as good as they are, and with the halves: half a key is not forgotten either.</summary>
    public static List<(string Name, byte[] Bytes)> WithTraces(IEnumerable<(string Name, byte[] Bytes)> keys)
    {
        List<(string Name, byte[] Bytes)> traces = [];
        foreach ((string name, byte[] key) in keys)
        {
            traces.Add((name, key));
            traces.Add(($"{name}, HMAC's inner pad", Pad(key, 0x36)[..32]));
            traces.Add(($"{name}, HMAC's outer pad", Pad(key, 0x5c)[..32]));
            traces.Add(($"{name}, HMAC's inner state", Compress(Pad(key, 0x36))));
            traces.Add(($"{name}, HMAC's outer state", Compress(Pad(key, 0x5c))));
        }

        traces.AddRange(traces.ToArray().SelectMany(trace => new[] { ($"{trace.Name}, first half", trace.Bytes[..16]), ($"{trace.Name}, second half", trace.Bytes[16..]) }));
        return traces;
    }

    /// <summary>What a writer of so many chunks still holds.</summary>
    public static List<(string Name, byte[] Bytes)> Held(RecordingHeader header, KeyEnvelope envelope, Identity identity, int chunks)
    {
        using RecordingKeys keys = EnvelopeReader.Open(envelope, header, identity);
        List<(string Name, byte[] Bytes)> secrets = [];
        // Before the first chunk its key stands ready, in the place of all nodes above it.
        KeyNode[] first = chunks == 0 ? [new KeyNode(Format.TreeDepth, 0)] : [];
        foreach (KeyNode node in first.Concat(KeyNode.Cover(Math.Max(chunks, 1), Format.MaxChunks)))
        {
            Assert.True(keys.TryNodeKey(node, Add(secrets, Name(node))));
        }

        keys.ClosingKey.CopyTo(Add(secrets, "closing key"));
        return secrets;
    }

    private static byte[] Add(List<(string Name, byte[] Bytes)> secrets, string name)
    {
        byte[] bytes = new byte[Format.KeySize];
        secrets.Add((name, bytes));
        return bytes;
    }

    private static string Name(KeyNode node) => $"node ({node.Level}, {node.Index})";

    private static byte[] Pad(byte[] key, byte pad) => [.. key.Concat(new byte[32]).Select(b => (byte)(b ^ pad))];

    // SHA-256's compression of one block from the initial state (FIPS 180-4, section 6.2.2), as the eight words lie in memory.
    internal static byte[] Compress(ReadOnlySpan<byte> block)
    {
        int[] primes = [.. Enumerable.Range(2, 400).Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0)).Take(64)];
        uint[] initial = [.. primes.Take(8).Select(p => Fraction(Math.Sqrt(p)))];
        Span<uint> w = stackalloc uint[64];
        for (int i = 0; i < 64; i++)
        {
            w[i] = i < 16
                ? BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..])
                : unchecked(w[i - 16] + w[i - 7]
                    + (BitOperations.RotateRight(w[i - 15], 7) ^ BitOperations.RotateRight(w[i - 15], 18) ^ (w[i - 15] >> 3))
                    + (BitOperations.RotateRight(w[i - 2], 17) ^ BitOperations.RotateRight(w[i - 2], 19) ^ (w[i - 2] >> 10)));
        }

        uint[] s = [.. initial];
        for (int i = 0; i < 64; i++)
        {
            unchecked
            {
                uint t1 = s[7] + (BitOperations.RotateRight(s[4], 6) ^ BitOperations.RotateRight(s[4], 11) ^ BitOperations.RotateRight(s[4], 25))
                    + ((s[4] & s[5]) ^ (~s[4] & s[6])) + Fraction(Math.Cbrt(primes[i])) + w[i];
                uint t2 = (BitOperations.RotateRight(s[0], 2) ^ BitOperations.RotateRight(s[0], 13) ^ BitOperations.RotateRight(s[0], 22))
                    + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
                s = [t1 + t2, s[0], s[1], s[2], s[3] + t1, s[4], s[5], s[6]];
            }
        }

        return [.. s.Zip(initial, (a, b) => unchecked(a + b)).SelectMany(BitConverter.GetBytes)];
    }

    private static uint Fraction(double value) => (uint)((value - Math.Floor(value)) * 4_294_967_296.0);
}
