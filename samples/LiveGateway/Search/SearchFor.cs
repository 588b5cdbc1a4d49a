using System.Security.Cryptography;
using System.Text;
using LiveGateway.Audio;
using LiveGateway.Calls;
using LiveGateway.Format;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;

namespace LiveGateway.Search;

/// <summary>Collects what must not be found outside the gateway, and what must.</summary>
internal static class SearchFor
{
    private const int WindowSize = 32;
    private const int MinDistinct = 8;
    private const int EnvelopeHead = 48;
    private const int CountryCode = 3;

    /// <summary>The audio that was written: of every voice what the calls had of it.</summary>
    public static AudioIndex Audio(IEnumerable<LiveCall> calls)
    {
        Dictionary<AudioTrack, bool[]> used = [];
        foreach ((LegSource leg, int slots) in calls.SelectMany(call => call.Legs.Select((leg, i) => (leg, call.SlotsOf(i)))))
        {
            if (!used.TryGetValue(leg.Track, out bool[]? frames))
            {
                used.Add(leg.Track, frames = new bool[leg.Track.Frames]);
            }

            for (int slot = 0; slot < Math.Min(slots, frames.Length); slot++)
            {
                frames[(leg.FirstFrame + slot) % frames.Length] = true;
            }
        }

        AudioIndex index = new();
        foreach ((AudioTrack track, bool[] frames) in used)
        {
            AddRanges(index, track, frames);
        }

        return index;
    }

    /// <summary>Names, telephone numbers, call ids and tags, in the encodings in which a program might write them.</summary>
    public static void AddTexts(NeedleSet needles, IEnumerable<LiveCall> calls)
    {
        foreach (LiveCall call in calls)
        {
            foreach (string text in Texts(call.Metadata))
            {
                foreach (Encoding encoding in new[] { Encoding.UTF8, Encoding.Latin1, Encoding.Unicode })
                {
                    needles.Add(encoding.GetBytes(text), NeedleKind.Text, $"{call.Name}: {text}");
                }
            }
        }
    }

    /// <summary>Every key there is: of the gateway and the recipients, and of each recording down to its chunks, raw and as strings; and the envelopes.</summary>
    public static async Task AddKeysAsync(NeedleSet needles, Customer customer, IEnumerable<LiveCall> calls, CancellationToken cancellationToken)
    {
        AddGateway(needles, customer.Gateway);
        AddIdentity(needles, customer.Active, "active identity");
        AddIdentity(needles, customer.Recovery, "recovery identity");
        byte[] seed = Bech32.Decode(customer.Active.ExportSecret());
        foreach (LiveCall call in calls)
        {
            foreach (RegisteredRecording row in await RowsOfAsync(customer.Register, call, cancellationToken))
            {
                RecordingSecrets secrets = new(row.Envelope!, row.Header, seed);
                foreach ((string name, byte[] key) in secrets.Named)
                {
                    AddKey(needles, key, $"{call.Name}: {name}");
                }

                for (int chunk = 0; chunk < row.Statements.Max(statement => statement.ChunkCount); chunk++)
                {
                    needles.Add(secrets.ChunkKey(chunk), NeedleKind.Key, $"{call.Name}: key of chunk {chunk}");
                }

                // What comes before names the recording, which everybody may know.
                AddWindows(needles, row.Envelope!.ToArray().AsSpan(EnvelopeHead), NeedleKind.Key, $"{call.Name}: envelope");
            }
        }
    }

    /// <summary>Pieces of stored chunks. The search must find these: or it would not find anything else either, as in compressed files.</summary>
    public static void AddCiphertext(NeedleSet needles, string call, IReadOnlyList<byte[]> chunks)
    {
        for (int i = 0; i < chunks.Count; i++)
        {
            // Three, as the engine's log puts a few bytes of its own between pages.
            foreach (int at in new[] { 1, 2, 3 })
            {
                needles.Add(chunks[i].AsSpan(chunks[i].Length * at / 4, WindowSize), NeedleKind.Ciphertext, $"{call}: chunk {i}");
            }
        }
    }

    // The recording of a call, and the one that it continues.
    private static async Task<IEnumerable<RegisteredRecording>> RowsOfAsync(IRegister register, LiveCall call, CancellationToken cancellationToken)
    {
        IReadOnlyList<RegisteredRecording> rows = await register.FindAsync(call.Writer.RecordingId, cancellationToken);
        return rows is [{ Header.Previous: { IsZero: false } previous }] && await register.FindAsync(previous, cancellationToken) is { } first ? [first, .. rows] : rows;
    }

    private static void AddRanges(AudioIndex index, AudioTrack track, bool[] frames)
    {
        int voice = index.AddVoice($"audio of {track.Name}", track.Bytes);
        for (int first = Array.IndexOf(frames, true); first >= 0;)
        {
            int end = Array.IndexOf(frames, false, first);
            end = end < 0 ? frames.Length : end;
            index.AddRange(voice, first * track.BytesPerFrame, end * track.BytesPerFrame);
            first = Array.IndexOf(frames, true, end);
        }
    }

    private static void AddWindows(NeedleSet needles, ReadOnlySpan<byte> bytes, NeedleKind kind, string what)
    {
        for (int at = 0; at + WindowSize <= bytes.Length; at += WindowSize)
        {
            ReadOnlySpan<byte> window = bytes.Slice(at, WindowSize);
            // A run of one value, as in an empty field, is no key.
            if (AudioIndex.Distinct(window) >= MinDistinct)
            {
                needles.Add(window, kind, what);
            }
        }
    }

    private static IEnumerable<string> Texts(CallMetadata metadata) =>
    [
        metadata.CallId,
        .. metadata.Tags.Values,
        .. metadata.Parties.Select(party => party.Name),

        // As it is dialled within the country too: without +49.
        .. metadata.Parties.Select(party => party.Address[CountryCode..]),
    ];

    private static void AddGateway(NeedleSet needles, GatewayKey key)
    {
        string text = key.ExportSecret();
        byte[] seed = Bech32.Decode(text), expanded = SHA512.HashData(seed);
        AddString(needles, text, "gateway key");
        AddKey(needles, seed, "gateway key");

        // RFC 8032, section 5.1.5: what signing itself uses.
        AddKey(needles, expanded[..32], "gateway key, scalar");
        AddKey(needles, expanded[32..], "gateway key, prefix");
    }

    private static void AddIdentity(NeedleSet needles, Identity identity, string name)
    {
        string text = identity.ExportSecret();
        byte[] seed = Bech32.Decode(text);
        AddString(needles, text, name);
        AddKey(needles, seed, name);
        AddString(needles, identity.Recipient.ToString(), $"{name}, recipient");
        AddWindows(needles, Bech32.Decode(identity.Recipient.ToString()), NeedleKind.Key, $"{name}, recipient");
        if (Shake256.IsSupported)
        {
            // X-Wing's own keys: ML-KEM-768's two seeds and X25519's scalar.
            foreach (byte[] part in Shake256.HashData(seed, 96).Chunk(32))
            {
                AddKey(needles, part, $"{name}, expanded");
            }
        }
    }

    private static void AddString(NeedleSet needles, string text, string what)
    {
        needles.Add(Encoding.ASCII.GetBytes(text), NeedleKind.Key, what);
        needles.Add(Encoding.ASCII.GetBytes(text.ToLowerInvariant()), NeedleKind.Key, what);
    }

    private static void AddKey(NeedleSet needles, byte[] key, string what)
    {
        needles.Add(key, NeedleKind.Key, what);
        needles.Add(Encoding.ASCII.GetBytes(Convert.ToHexString(key)), NeedleKind.Key, what);
        needles.Add(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(key)), NeedleKind.Key, what);

        // Without the last characters, which depend on what follows the key.
        needles.Add(Encoding.ASCII.GetBytes(Convert.ToBase64String(key)[..40]), NeedleKind.Key, what);
    }
}
