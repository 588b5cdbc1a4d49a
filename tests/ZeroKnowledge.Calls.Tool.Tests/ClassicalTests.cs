using System.Security.Cryptography;
using System.Text.Json;

namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>A P-256 key, as it comes from an HSM: into the list, refused until it is allowed, and shown wherever it is.</summary>
public sealed class ClassicalTests(DeskFixture desk) : IClassFixture<DeskFixture>
{
    private const string Allow = "--allow-mixed-security";

    [Fact]
    public async Task P256Key_OfAnHsm_IsUsedOnlyIfAllowedAndShownEverywhere()
    {
        string home = desk.CopyForGateway("hsm");
        using ECDiffieHellman hsm = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        string pem = Path.Combine(home, "hsm.pem");
        await File.WriteAllTextAsync(pem, hsm.ExportSubjectPublicKeyInfoPem());
        using JsonDocument described = await JsonAsync("info", pem);
        string line = described.RootElement.GetProperty("recipient").GetString()!;
        Assert.Equal(Recipient.FromPem(hsm.ExportSubjectPublicKeyInfoPem()).ToString(), line);
        string list = Path.Combine(home, "recipients.txt");
        await File.AppendAllTextAsync(list, $"# in the HSM\n{line}\n");
        await File.WriteAllBytesAsync(Path.Combine(home, "call.wav"), DeskFixture.Tone(0.3));
        string[] record = ["record", Path.Combine(home, "call.wav"), "--home", home];

        Ran refused = await Zkcalls.RunAsync(desk.Folder, record);
        await desk.WellAsync([.. record, Allow]);
        Ran info = await desk.WellAsync("info", "latest", "--home", home), shown = await desk.WellAsync("info", list), rows = await desk.WellAsync("ls", "--home", home);
        Ran verified = await desk.WellAsync("verify", "latest", "--home", home), doctor = await desk.WellAsync("doctor", "--home", home);

        Assert.True(refused.ExitCode == ExitCode.Usage && refused.Error.Contains(Allow, StringComparison.Ordinal), refused.ToString());
        Assert.All(new[] { info, shown, rows, verified, doctor }, ran => Assert.Contains("CLASSICAL", ran.Output, StringComparison.Ordinal));
        Assert.Contains("post-quantum", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P256Identity_InSoftware_ReadsAGrant()
    {
        string card = desk.File("card.txt"), file = desk.File("card.zkgrant");
        Ran made = await desk.WellAsync("keygen", card, "--p256", "--no-passphrase", "--json");
        using JsonDocument key = JsonDocument.Parse(made.Output);
        Assert.True(key.RootElement.GetProperty("classical").GetBoolean());
        string[] grant = ["grant", "latest", "--for", card, "-o", file];

        Ran refused = await Zkcalls.RunAsync(desk.Folder, grant);
        Ran granted = await desk.WellAsync([.. grant, Allow, "--json"]), shown = await desk.WellAsync("grant", "latest", "--for", card, "-o", desk.File("shown.zkgrant"), Allow);
        Ran info = await desk.WellAsync("info", file), read = await desk.WellAsync("export", file, "--identity", card, "-o", desk.File("card.wav"));

        Assert.True(refused.ExitCode == ExitCode.Usage && refused.Error.Contains(Allow, StringComparison.Ordinal), refused.ToString());
        using JsonDocument json = JsonDocument.Parse(granted.Output);
        Assert.True(json.RootElement.GetProperty("classical").GetBoolean());
        Assert.All(new[] { shown, info }, ran => Assert.Contains("CLASSICAL", ran.Output, StringComparison.Ordinal));
        Assert.Contains("CLASSICAL", read.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OfAListWithOneClassicalKey_IsAFaultThatSaysBoth()
    {
        string home = desk.CopyForGateway("single");
        using Identity card = Identity.GenerateP256();
        await File.WriteAllTextAsync(Path.Combine(home, "recipients.txt"), $"{card.Recipient}\n");

        Ran doctor = await Zkcalls.RunAsync(desk.Folder, "doctor", "--home", home);

        Assert.True(doctor.ExitCode != 0, doctor.ToString());
        string line = Assert.Single(doctor.Output.Split('\n'), line => line.Contains("Add a recovery key", StringComparison.Ordinal));
        Assert.Contains("CLASSICAL", line, StringComparison.Ordinal);
    }

    private async Task<JsonDocument> JsonAsync(params string[] arguments) => JsonDocument.Parse((await desk.WellAsync([.. arguments, "--json"])).Output);
}
