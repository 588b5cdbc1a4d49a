namespace ZeroKnowledge.Calls.Tests;

/// <summary>Recipients and identities: age's post-quantum strings, and files of them (docs/FORMAT.md, section 10).</summary>
public sealed class KeyFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Identity _identity = Identity.Generate();
    private readonly Identity _other = Identity.Generate();

    public void Dispose()
    {
        _identity.Dispose();
        _other.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Strings_OfAnIdentity_AreOfAgesForm()
    {
        string secret = _identity.ExportSecret(), recipient = _identity.Recipient.ToString();
        Assert.Matches("^AGE-SECRET-KEY-PQ-1[02-9AC-HJ-NP-Z]{58}$", secret);
        Assert.Matches("^age1pq1[02-9ac-hj-np-z]{1952}$", recipient);
        using Identity again = Identity.Parse(secret);
        Assert.Equal(_identity.Recipient, again.Recipient);
        Assert.Equal(_identity.Recipient, Recipient.Parse(recipient));
        Assert.Equal(_identity.Recipient.GetHashCode(), Recipient.Parse(recipient).GetHashCode());
        Assert.NotEqual(_identity.Recipient, _other.Recipient);
    }

    // Any one character changed is noticed: Bech32 finds up to four.
    [Fact]
    public void Parse_WithACharacterChanged_IsRefused()
    {
        string secret = _identity.ExportSecret(), recipient = _identity.Recipient.ToString();
        for (int i = 0; i < secret.Length; i++)
        {
            Assert.Throws<FormatException>(() => Identity.Parse(Changed(secret, i)));
        }

        for (int i = 0; i < recipient.Length; i += 13)
        {
            Assert.Throws<FormatException>(() => Recipient.Parse(Changed(recipient, i)));
        }

        static string Changed(string text, int at) => text[..at] + (text[at] is 'q' or 'Q' ? text[at] == 'q' ? 'p' : 'P' : text[at] < 'a' ? 'Q' : 'q') + text[(at + 1)..];
    }

    [Fact]
    public void Parse_OfAnotherKindOfKey_NamesBothAndNotTheSecret()
    {
        using GatewayKey gateway = GatewayKey.Generate();
        string secret = _identity.ExportSecret(), recipient = _identity.Recipient.ToString();
        AssertRefusal(() => Recipient.Parse(secret), secret, "age1pq1", "AGE-SECRET-KEY-PQ-1");
        AssertRefusal(() => Identity.Parse(recipient), recipient, "AGE-SECRET-KEY-PQ-1", "age1pq1");
        AssertRefusal(() => Identity.Parse(gateway.ExportSecret()), gateway.ExportSecret(), "AGE-SECRET-KEY-PQ-1", "ZKC-GATEWAY-KEY-1");
        AssertRefusal(() => Identity.Parse(secret.ToLowerInvariant()), secret.ToLowerInvariant());
        AssertRefusal(() => Identity.Parse(secret[..^1]), secret[..^1], "mistyped");
        AssertRefusal(() => Identity.Parse(secret + "Q"), secret, "mistyped");
        AssertRefusal(() => Identity.Parse(secret[..30] + secret[30..].ToLowerInvariant()), secret, "mistyped");
        AssertRefusal(() => Identity.Parse(" " + secret), secret);
        AssertRefusal(() => Identity.Parse("hunter2"), "hunter2", "AGE-SECRET-KEY-PQ-1");
        AssertRefusal(() => Identity.Parse(string.Empty), "hunter2", "AGE-SECRET-KEY-PQ-1");
    }

    [Fact]
    public void Replace_OfAKeyInAList_KeepsEverythingElse()
    {
        using Identity next = Identity.Generate(), card = Identity.GenerateP256();
        string path = _directory.Write("recipients.txt", $"# active, Köln\r\n{_identity.Recipient}\n\n  {_other.Recipient}\t\ngroup 2 of 2\n{_identity.Recipient}\n{card.Recipient}");
        // Rights that a usual mask (022) takes from a new file.
        TemporaryDirectory.AllowAlso(path, UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        UnixFileMode mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

        Recipients.Replace(path, _identity.Recipient, next.Recipient);

        Assert.Equal($"# active, Köln\r\n{next.Recipient}\n\n  {_other.Recipient}\t\ngroup 2 of 2\n{next.Recipient}\n{card.Recipient}", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_directory.Path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(mode, File.GetUnixFileMode(path));
        }

        // Nobody's key, and one that stands there already: the file stays as it is.
        string before = File.ReadAllText(path);
        Assert.Throws<FormatException>(() => Recipients.Replace(path, _identity.Recipient, card.Recipient));
        Assert.Throws<FormatException>(() => Recipients.Replace(path, next.Recipient, _other.Recipient));
        Assert.Equal(before, File.ReadAllText(path));
    }

    [Fact]
    public void Replace_ThroughALinkAfterACrash_ReplacesWhatItLeadsToWithItsRights()
    {
        using Identity next = Identity.Generate();
        string target = _directory.Write("shared.txt", $"{_identity.Recipient}\n"), link = _directory.File("recipients.txt"), outer = _directory.File("outer.txt");
        File.CreateSymbolicLink(link, "shared.txt");
        File.CreateSymbolicLink(outer, link);
        TemporaryDirectory.AllowAlso(_directory.Write("shared.txt.new", "half a li"), UnixFileMode.OtherRead);

        Recipients.Replace(outer, _identity.Recipient, next.Recipient);

        Assert.Equal(("shared.txt", link), (new FileInfo(link).LinkTarget, new FileInfo(outer).LinkTarget));
        Assert.Equal($"{next.Recipient}\n", File.ReadAllText(target));
        Assert.Equal([outer, link, target], Directory.GetFiles(_directory.Path).Order(StringComparer.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(target));
        }
    }

    // A key of classical age is Bech32 too.
    [Fact]
    public void Parse_OfAClassicalAgeKey_IsRefused()
    {
        string classical = Bech32.Encode("age", new byte[32]), secret = Bech32.Encode("AGE-SECRET-KEY-", new byte[32]);
        AssertRefusal(() => Recipient.Parse(classical), classical, "age1pq1", "begins with age1");
        AssertRefusal(() => Identity.Parse(secret), secret[16..], "begins with AGE-SECRET-KEY-1");
        AssertRefusal(() => Recipient.Parse(Bech32.Encode("age1pq", new byte[1_215])), new string('q', 100), "another length");
    }

    [Fact]
    public void Load_OfFilesWithCommentsSpacesAndAnyLineEnd_ReadsTheKeys()
    {
        string recipients = Write("recipients.txt", $"# the archive\r\n\r\n  {_identity.Recipient}\t\r\n\t# kept offline\n{_other.Recipient}");
        Assert.Equal([_identity.Recipient, _other.Recipient], Recipients.Load(recipients));

        string identities = Write("identities.txt", $"\n\n#{_other.ExportSecret()}\r\n \t{_identity.ExportSecret()}  \r\n");
        using Identity loaded = Identity.Load(identities);
        Assert.Equal(_identity.Recipient, loaded.Recipient);

        string both = Write("both.txt", $"{_identity.ExportSecret()}\n{_other.ExportSecret()}\n");
        IReadOnlyList<Identity> all = Identity.LoadAll(both);
        Assert.Equal([_identity.Recipient, _other.Recipient], all.Select(identity => identity.Recipient));
        Assert.Contains("there are 2", Assert.Throws<FormatException>(() => Identity.Load(both)).Message, StringComparison.Ordinal);
        Assert.Empty(Identity.LoadAll(Write("none.txt", "# nothing\n")));
        Assert.Contains("there are 0", Assert.Throws<FormatException>(() => Identity.Load(_directory.File("none.txt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfAWrongLine_NamesFileAndLineAndNotTheSecret()
    {
        string secret = _identity.ExportSecret();
        string path = Write("recipients.txt", $"# one\n{_other.Recipient}\n{secret}\n");
        AssertRefusal(() => Recipients.Load(path), secret, path, "line 3");
        path = Write("identities.txt", $"{secret}\n{secret[..^2]}QQ\n");
        AssertRefusal(() => Identity.LoadAll(path), secret[..^2], path, "line 2");
        path = Write("inside.txt", $"{secret} {secret}\n");
        AssertRefusal(() => Identity.LoadAll(path), secret, path, "line 1");
        path = Write("carriage.txt", $"{secret}\r{secret}\n");
        AssertRefusal(() => Identity.LoadAll(path), secret, path, "line 1");
        AssertRefusal(() => Recipients.Parse($"\n\n{secret}"), secret, "Line 3");
    }

    [Fact]
    public void Load_OfWhatIsNotUtf8_DoesNotRepeatIt()
    {
        string path = _directory.Write("bytes", [.. "AGE-SECRET-KEY-PQ-1"u8, 0xff, 0xfe]);
        AssertRefusal(() => Identity.LoadAll(path), "AGE-SECRET", path, "UTF-8");
    }

    [Fact]
    public void Load_OfALargeFile_StopsAtOneMebibyte()
    {
        string line = _identity.Recipient + "\n";
        string fits = Write("fits.txt", line + new string('\n', Format.MaxKeyFile - line.Length));
        Assert.Single(Recipients.Load(fits));
        AssertRefusal(() => Recipients.Load(Write("large.txt", line + new string('\n', Format.MaxKeyFile - line.Length + 1))), "\n\n", "1,048,576");
        AssertRefusal(() => Recipients.Parse(new string('\n', Format.MaxKeyFile + 1)), "\n\n", "1,048,576");
    }

    [Fact]
    public void Recipients_OfNoneTwiceOrTooMany_AreRefused()
    {
        Recipient recipient = _identity.Recipient;
        Assert.Throws<FormatException>(() => Recipients.Of());
        Assert.Throws<FormatException>(() => Recipients.Parse("# nobody\n"));
        Assert.Throws<FormatException>(() => Recipients.Of(recipient, _other.Recipient, Recipient.Parse(recipient.ToString())));
        AssertRefusal(() => Recipients.Load(Write("twice.txt", $"{recipient}\n{recipient}\n")), recipient.ToString(), "twice.txt");
        Recipient[] many = [.. Enumerable.Range(0, 33).Select(i => new Recipient(StanzaKind.XWing, [.. BitConverter.GetBytes(i), .. new byte[1_212]]))];
        Assert.Equal(32, Recipients.Of(many.AsSpan(1)).Count);
        Assert.Throws<FormatException>(() => Recipients.Of(many));
    }

    [Fact]
    public void Save_OfAnIdentity_IsForItsOwnerOnlyAndReplacesNothing()
    {
        string path = _directory.File("identity.key");
        _identity.Save(path);
        using (Identity loaded = Identity.Load(path))
        {
            Assert.Equal(_identity.Recipient, loaded.Recipient);
        }

        Assert.Contains($"# recipient: {_identity.Recipient}", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Throws<IOException>(() => _other.Save(path));
        Assert.Contains(_identity.ExportSecret(), File.ReadAllText(path), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void ToString_OfAnIdentity_IsTheTypesName()
    {
        Assert.Equal("Identity", _identity.ToString());
        Assert.Equal("Identity", $"{_identity}");
        Identity disposed = Identity.Generate();
        disposed.Dispose();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(disposed.ExportSecret);
    }

    private static void AssertRefusal(Func<object> parse, string secret, params string[] says)
    {
        FormatException exception = Assert.Throws<FormatException>(parse);
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            Assert.DoesNotContain(secret, e.ToString(), StringComparison.OrdinalIgnoreCase);
            if (secret.Length > 40)
            {
                Assert.DoesNotContain(secret[25..40], e.ToString(), StringComparison.OrdinalIgnoreCase);
            }
        }

        Assert.All(says, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }

    private string Write(string name, string text) => _directory.Write(name, text);
}
