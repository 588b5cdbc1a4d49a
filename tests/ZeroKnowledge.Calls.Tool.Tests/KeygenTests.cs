using System.Text.Json;

namespace ZeroKnowledge.Calls.Tool.Tests;

public sealed class KeygenTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Keygen_InAnEmptyFolder_MakesAHomeThatWorks()
    {
        Ran ran = await Zkcalls.RunAsync(_directory.Path, "keygen", "--no-passphrase", "--archive", "https://archive.example", "--json");

        Assert.True(ran is { ExitCode: 0, Error: "" }, ran.ToString());
        using JsonDocument json = JsonDocument.Parse(ran.Output);
        string[] files = [.. json.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetString()!)];
        Assert.Equal(["identity.txt", "recovery.txt", "owner.key", "gateway.key", "recipients.txt", "trust.txt", "archive.txt"], files);
        using Identity active = Identity.Load(_directory.File("identity.txt")), recovery = Identity.Load(_directory.File("recovery.txt"));
        using OwnerKey owner = OwnerKey.Load(_directory.File("owner.key"));
        using GatewayKey gateway = GatewayKey.Load(_directory.File("gateway.key"));
        TrustList trust = TrustList.Load(_directory.File("trust.txt"));
        Assert.Equal([active.Recipient, recovery.Recipient], Recipients.Load(_directory.File("recipients.txt")));
        Assert.True(trust.IsTrusted(TrustedKeyKind.Gateway, gateway.PublicKey, TimeProvider.System.GetUtcNow()));
        Assert.True(trust.IsTrusted(TrustedKeyKind.Owner, owner.PublicKey, TimeProvider.System.GetUtcNow().AddYears(4)));
    }

    [Fact]
    public async Task Keygen_WhereAKeyIs_ReplacesNothing()
    {
        string recovery = _directory.Write("recovery.txt", "mine");

        Ran ran = await Zkcalls.RunAsync(_directory.Path, "keygen", "--no-passphrase");

        Assert.True(ran is { ExitCode: ExitCode.Usage, Output: "" }, ran.ToString());
        Assert.Contains("'recovery.txt' exists", ran.Error, StringComparison.Ordinal);
        Assert.Equal([recovery], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task Keygen_OfOneThatReplaces_PutsItIntoTheList()
    {
        using Identity old = Identity.Generate(), other = Identity.Generate();
        old.Save(_directory.File("identity.txt"), "a passphrase");
        _directory.Write("recipients.txt", $"# active\n{old.Recipient}\n# recovery\n{other.Recipient}\n");

        Ran ran = await Zkcalls.RunAsync(_directory.Path, "keygen", "new.txt", "--replace", "identity.txt", "--no-passphrase");

        Assert.True(ran.ExitCode == 0, ran.ToString());
        using Identity made = Identity.Load(_directory.File("new.txt"));
        Assert.Equal($"{made.Recipient}\n", ran.Output);
        Assert.Equal($"# active\n{made.Recipient}\n# recovery\n{other.Recipient}\n", await File.ReadAllTextAsync(_directory.File("recipients.txt")));
        Ran again = await Zkcalls.RunAsync(_directory.Path, "keygen", "newer.txt", "--replace", "identity.txt", "--no-passphrase");
        Assert.True(again.ExitCode == ExitCode.Usage, again.ToString());
        Assert.False(File.Exists(_directory.File("newer.txt")));
    }

    [Theory]
    [InlineData("3of5", 3, 5)]
    [InlineData("2of2", 2, 2)]
    [InlineData("16of16", 16, 16)]
    public void GroupSize_OfAGroup_IsRead(string text, int threshold, int members) => Assert.Equal(new GroupSize(threshold, members), GroupSize.Parse(text));

    [Theory]
    [InlineData("1of5")]
    [InlineData("5of3")]
    [InlineData("3of17")]
    [InlineData("3 of 5")]
    [InlineData("of5")]
    [InlineData("3of")]
    [InlineData("3of5of7")]
    [InlineData("99999999999of5")]
    public void GroupSize_OfSomethingElse_IsRefused(string text) => Assert.Throws<UserException>(() => GroupSize.Parse(text));
}
