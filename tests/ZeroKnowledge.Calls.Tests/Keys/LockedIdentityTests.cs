namespace ZeroKnowledge.Calls.Tests;

/// <summary>Identity files under a passphrase, and key files that others can read (docs/FORMAT.md, section 10). The vectors <c>identity-locked-…</c> show the bytes and the limits.</summary>
public sealed class LockedIdentityTests : IDisposable
{
    private const string Passphrase = "fünf weiße Mäuse";

    private readonly TemporaryDirectory _directory = new();
    private readonly Identity _identity = Identity.Generate();

    public void Dispose()
    {
        _identity.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Load_OfALockedIdentity_NeedsItsPassphrase()
    {
        string path = _directory.File("identity.txt");
        _identity.Save(path, Passphrase);

        string text = File.ReadAllText(path);
        Assert.Matches("^# recipient: age1pq1[^\n]*\nZKC-LOCKED-IDENTITY-1[02-9AC-HJ-NP-Z]+\n$", text);
        Assert.DoesNotContain(_identity.ExportSecret(), text, StringComparison.Ordinal);
        using (Identity loaded = Identity.Load(path, Passphrase))
        {
            Assert.Equal(_identity.Recipient, loaded.Recipient);
        }

        Assert.Contains("none was given", Assert.Throws<PassphraseException>(() => Identity.Load(path)).Message, StringComparison.Ordinal);
        PassphraseException wrong = Assert.Throws<PassphraseException>(() => Identity.Load(path, "fuenf weisse Maeuse"));
        Assert.DoesNotContain("fuenf", wrong.ToString(), StringComparison.Ordinal);
    }

    // An offline key and the active one may lie in one file, one of them locked.
    [Fact]
    public void LoadAll_OfLockedAndOtherIdentities_OpensBoth()
    {
        using Identity other = Identity.Generate();
        string locked = _directory.File("locked.txt");
        _identity.Save(locked, Passphrase);
        string path = _directory.Write("both.txt", $"{File.ReadAllText(locked)}{other.ExportSecret()}\n");

        IReadOnlyList<Identity> all = Identity.LoadAll(path, Passphrase);

        Assert.Equal([_identity.Recipient, other.Recipient], all.Select(identity => identity.Recipient));
        foreach (Identity identity in all)
        {
            identity.Dispose();
        }
    }

    [Fact]
    public void Save_Twice_SaltsAnew()
    {
        _identity.Save(_directory.File("one"), Passphrase);
        _identity.Save(_directory.File("two"), Passphrase);
        Assert.NotEqual(File.ReadAllText(_directory.File("one")), File.ReadAllText(_directory.File("two")));
    }

    [Fact]
    public void Save_WithAPassphraseThatIsNone_WritesNothing()
    {
        string path = _directory.File("identity.txt");
        Assert.Throws<ArgumentException>(() => _identity.Save(path, new string('x', 1_025)));
        Assert.Throws<ArgumentException>(() => _identity.Save(path, "\ud800"));
        Assert.False(File.Exists(path));
    }

    [SkippableTheory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Load_OfASecretThatOthersCanRead_IsRefused(UnixFileMode others)
    {
        Skip.If(OperatingSystem.IsWindows(), "There are no such modes.");
        using OwnerKey owner = OwnerKey.Generate();
        string[] paths = [_directory.Write("identity", _identity.ExportSecret()), _directory.Write("owner", owner.ExportSecret())];
        foreach (string path in paths)
        {
            TemporaryDirectory.AllowAlso(path, others);
        }

        Assert.Contains($"chmod 600 {paths[0]}", Assert.Throws<UnauthorizedAccessException>(() => Identity.Load(paths[0])).Message, StringComparison.Ordinal);
        Assert.Throws<UnauthorizedAccessException>(() => OwnerKey.Load(paths[1]));
    }

    [SkippableFact]
    public void Load_OfPublicKeysThatOthersCanRead_IsFine()
    {
        Skip.If(OperatingSystem.IsWindows(), "There are no such modes.");
        string path = _directory.Write("recipients.txt", _identity.Recipient.ToString());
        TemporaryDirectory.AllowAlso(path, UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Assert.Single(Recipients.Load(path));
    }
}
