namespace ZeroKnowledge.Calls.Tests;

/// <summary>Trust lists and identities that a reader refuses, and the forms that it must take.</summary>
internal static class KeyVectors
{
    public static void Add(VectorBook book)
    {
        string line = VectorKeys.Line(VectorKeys.GatewayText);
        VectorForge recording = VectorForge.Sealed(0);
        book.Add("trust-forms", "10", "Comments, empty lines, tabs, spaces at both ends, carriage returns, another key, a name with spaces, no line feed at the end.", recording, Outcome.Complete(0),
            trust: $"# gateways\r\n\r\n \t# more\n{VectorKeys.Line(Key("zkcgateway", VectorKeys.OtherGateway.PublicKey))}\n"
                + $"  {VectorKeys.GatewayText}\t {VectorKeys.NotBefore} \t{VectorKeys.NotAfter}\tSaal 2,  Köln \t\r\n{VectorKeys.Line(Key("zkcarchive", VectorKeys.Secret("archive")))}");

        Trust("twice", "The same line stands twice.", $"{line}\n{line}\n");
        Trust("two-kinds", "The same key is pinned as a gateway and as an owner.", $"{line}\n{VectorKeys.Line(Key("zkcowner", VectorKeys.Gateway.PublicKey))}\n");
        Trust("checksum", "The last character of the key is another one.", line.Replace(VectorKeys.GatewayText, Flip(VectorKeys.GatewayText), StringComparison.Ordinal));
        Trust("case", "The public key is in upper case.", line.Replace(VectorKeys.GatewayText, VectorKeys.GatewayText.ToUpperInvariant(), StringComparison.Ordinal));
        Trust("time", "The time has no Z.", line.Replace("00Z", "00", StringComparison.Ordinal));
        Trust("date", "The 30th of February.", line.Replace("2025-01-01", "2025-02-30", StringComparison.Ordinal));
        Trust("order", "Not-after is not-before.", line.Replace(VectorKeys.NotAfter, VectorKeys.NotBefore, StringComparison.Ordinal));
        Trust("no-name", "There is no name.", line[..line.LastIndexOf(' ')]);
        Trust("long-name", "The name has 65 characters.", line.Replace("gateway", new string('n', 65), StringComparison.Ordinal)
            .Replace("zkc" + new string('n', 65), "zkcgateway", StringComparison.Ordinal));
        Trust("control-character", "The name holds an escape character.", line + "\u001b[1m");
        Trust("tab", "The name holds a tab.", line + "\t2");
        Trust("secret-key", "The line begins with a secret key.", VectorKeys.Line(Key("ZKC-GATEWAY-KEY-", VectorKeys.Gateway.Seed)));
        Trust("recipient", "The line begins with a recipient.", VectorKeys.Line(Key("age1pq", VectorKeys.Active.PublicKey)));
        Trust("small-order", "The key is the neutral element of the curve.", VectorKeys.Line(Key("zkcgateway", [1, .. new byte[31]])));
        Trust("not-canonical", "The key's y coordinate is not below 2^255 - 19.", VectorKeys.Line(Key("zkcgateway", [0xf0, .. Enumerable.Repeat((byte)0xff, 30), 0x7f])));

        void Trust(string name, string comment, string text) => book.AddKeys($"trust-{name}", "2, 10", comment, "trust", text.EndsWith('\n') ? text : text + "\n");

        string identity = VectorKeys.Active.Text;
        Identity("checksum", "The last character is another one.", Flip(identity));
        Identity("case", "The identity is in lower case.", identity.ToLowerInvariant());
        Identity("mixed-case", "One character is in lower case.", identity[..^1] + char.ToLowerInvariant(identity[^1]));
        Identity("length", "The identity has 31 bytes.", Key("AGE-SECRET-KEY-PQ-", VectorKeys.Active.Seed[..31]));
        Identity("padding", "The bits after the last byte are not 0, under a checksum that is right.", Padded(identity));
        Identity("recipient", "It is a recipient, not an identity.", Key("age1pq", VectorKeys.Active.PublicKey));

        book.Add("identity-locked", "10", "The identity is locked as a writer locks it: 256 MiB, 3 passes.", recording, Outcome.Complete(0),
            locked: VectorLock.Of(VectorKeys.Active, 262_144, 3));
        book.Add("identity-locked-least", "10", "The identity is locked with the least that may be: 64 MiB, 1 pass.", recording, Outcome.Complete(0),
            locked: VectorLock.Of(VectorKeys.Active));
        Locked("passphrase", "The passphrase is another one.", VectorLock.Of(VectorKeys.Active, passphrase: VectorLock.Right + " "));
        Locked("no-passphrase", "No passphrase is given.", VectorLock.Of(VectorKeys.Active, passphrase: null));
        Locked("memory-low", "64 MiB less 1 KiB.", VectorLock.Of(VectorKeys.Active, 65_535));
        Locked("memory-high", "1 GiB and 1 KiB.", VectorLock.Of(VectorKeys.Active, edit: bytes => (bytes[1], bytes[2], bytes[3]) = (0x10, 0, 1)));
        Locked("passes-0", "No pass.", VectorLock.Of(VectorKeys.Active, edit: bytes => bytes[4] = 0));
        Locked("passes-11", "11 passes.", VectorLock.Of(VectorKeys.Active, passes: 11));
        Locked("salt", "A bit of the salt is another.", VectorLock.Of(VectorKeys.Active, edit: bytes => bytes[5] ^= 1));
        Locked("tag", "The last bit of the tag is another.", VectorLock.Of(VectorKeys.Active, edit: bytes => bytes[^1] ^= 1));
        VectorLock lower = VectorLock.Of(VectorKeys.Active);
        book.AddKeys("identity-locked-case", "10", "The locked identity is in lower case.", "identity", identity: lower.Text.ToLowerInvariant(), passphrase: lower.Passphrase);

        void Locked(string name, string comment, VectorLock identity) =>
            book.AddKeys($"identity-locked-{name}", "10", comment, "identity", identity: identity.Text, passphrase: identity.Passphrase);

        void Identity(string name, string comment, string text) => book.AddKeys($"identity-{name}", "10", comment, "identity", identity: text);
    }

    private static string Key(string part, byte[] bytes) => Bech32.Encode(part, bytes);

    // The last character belongs to the checksum.
    private static string Flip(string text) => text[..^1] + (char.ToLowerInvariant(text[^1]) == 'q' ? 'p' : 'q').ToString().Cased(text);

    private static string Cased(this string text, string like) => char.IsAsciiLetterUpper(like[0]) ? text.ToUpperInvariant() : text;

    // 32 bytes are 51 characters and 1 bit: the last four bits of character 52 are padding.
    private static string Padded(string text)
    {
        const string charset = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
        char[] characters = text.ToCharArray();
        int last = characters.Length - 7;
        characters[last] = charset[charset.IndexOf(characters[last], StringComparison.Ordinal) ^ 1];
        uint checksum = 1;
        foreach (uint value in Values(new string(characters)[..(last + 1)]))
        {
            checksum = Step(checksum, value);
        }

        for (int i = 0; i < 6; i++)
        {
            checksum = Step(checksum, 0);
        }

        checksum ^= 1;
        for (int i = 0; i < 6; i++)
        {
            characters[last + 1 + i] = charset[(int)((checksum >> (5 * (5 - i))) & 31)];
        }

        return new string(characters);

        static IEnumerable<uint> Values(string text)
        {
            string part = text[..text.LastIndexOf('1')].ToLowerInvariant();
            return part.Select(c => (uint)c >> 5).Append(0u).Concat(part.Select(c => (uint)c & 31))
                .Concat(text[(part.Length + 1)..].Select(c => (uint)charset.IndexOf(c, StringComparison.Ordinal)));
        }

        static uint Step(uint checksum, uint value)
        {
            uint top = checksum >> 25;
            checksum = ((checksum & 0x1ffffff) << 5) ^ value;
            uint[] generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
            for (int i = 0; i < 5; i++)
            {
                checksum ^= ((top >> i) & 1) != 0 ? generators[i] : 0;
            }

            return checksum;
        }
    }
}
