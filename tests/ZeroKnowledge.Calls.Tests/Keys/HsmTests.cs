using System.Diagnostics;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>A recording for a key that was made in a PKCS#11 token and never leaves it: SoftHSM, through OpenSSL's engine and the base class library alone (docs/HSM.md).</summary>
public sealed class HsmTests : IDisposable
{
    private const string Module = "/usr/lib/softhsm/libsofthsm2.so";
    private const string Pin = "73196";

    private readonly TemporaryDirectory _directory = new();
    private readonly TestKeys _keys = new();

    public void Dispose()
    {
        _keys.Dispose();
        _directory.Dispose();
    }

    [SkippableFact]
    public async Task Recording_ForAKeyInAToken_IsOpenedByItAndByTheRecoveryKey()
    {
        Engines.Require(
            Engines.Find("softhsm2-util") is not null && Engines.Find("pkcs11-tool") is not null && File.Exists(Module)
                && Directory.EnumerateFiles("/usr/lib", "pkcs11.so", new EnumerationOptions { RecurseSubdirectories = true }).Any(),
            "softhsm2, opensc and libengine-pkcs11-openssl (Debian) are needed for a token.");
        Directory.CreateDirectory(_directory.File("tokens"));
        Dictionary<string, string> environment = new()
        {
            ["SOFTHSM2_CONF"] = _directory.Write("softhsm2.conf", $"directories.tokendir = {_directory.File("tokens")}\nobjectstore.backend = file\n"),
            ["PKCS11_MODULE_PATH"] = Module,
        };
        await RunAsync(environment, "softhsm2-util", "--init-token", "--free", "--label", "zkcalls", "--pin", Pin, "--so-pin", Pin);
        string[] token = ["--module", Module, "--token-label", "zkcalls"];
        await RunAsync(environment, "pkcs11-tool", [.. token, "--login", "--pin", Pin, "--keypairgen", "--key-type", "EC:prime256v1", "--usage-derive", "--label", "calls", "--id", "01"]);
        await RunAsync(environment, "pkcs11-tool", [.. token, "--read-object", "--type", "pubkey", "--id", "01", "--output-file", _directory.File("calls.der")]);
        byte[] publicKey = await File.ReadAllBytesAsync(_directory.File("calls.der"));
        Recipient hsm = Recipient.FromPem(PemEncoding.WriteString("PUBLIC KEY", publicKey));

        RecordingPolicy policy = new() { Recipients = Recipients.Of(hsm, _keys.Recovery.Recipient), Gateway = _keys.Gateway, Tick = TimeSpan.FromMilliseconds(20), Legs = 1, AllowMixedSecurity = true };
        TestRecording recording = TestRecording.Write(_keys, policy, [Leg.Pcma("caller")], 5, framesPerChunk: 1, EndReason.Completed, "call-1", default);
        await using (Recording opened = await recording.OpenAsync(recording.Options(recovery: true)))
        {
            await opened.SaveAsync(_directory.File("call.zkc"));
        }

        await File.WriteAllBytesAsync(_directory.File("call.zkenv"), recording.Envelope.ToArray());
        _keys.Trust.Save(_directory.File("trust.txt"));

        using ChildProcess child = ChildProcess.Start(environment, "hsm", _directory.Path, $"pkcs11:token=zkcalls;object=calls;type=private;pin-value={Pin}");
        (int code, string output, string errors) = await child.ExitAsync();
        Assert.True(code == 0, errors);
        Assert.Equal($"Complete 5 call-1 True{Environment.NewLine}The key stays in the token.{Environment.NewLine}", output);

        // Without the PIN the token gives nothing.
        using ChildProcess other = ChildProcess.Start(environment, "hsm", _directory.Path, "pkcs11:token=zkcalls;object=calls;type=private;pin-value=00000");
        Assert.NotEqual(0, (await other.ExitAsync()).Code);
    }

    private static async Task RunAsync(Dictionary<string, string> environment, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(process.ExitCode == 0, $"{program}: {await output} {await error}");
    }
}
