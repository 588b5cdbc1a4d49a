using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Child;

/// <summary>Reads the recording of a folder with a key in a PKCS#11 token, by OpenSSL's engine. A process of its own: the module reads its environment when it is loaded.</summary>
internal static class HsmReader
{
    public static async Task<int> RunAsync(string folder, string key)
    {
        if (OperatingSystem.IsWindows())
        {
            return 2;
        }

        using SafeEvpPKeyHandle handle = SafeEvpPKeyHandle.OpenPrivateKeyFromEngine("pkcs11", key);
        using ECDiffieHellmanOpenSsl device = new(handle);
        using Identity identity = Identity.Of(device);
        ReaderOptions options = new() { Trust = TrustList.Load(Path.Combine(folder, "trust.txt")), Identity = identity, Envelope = KeyEnvelope.Load(Path.Combine(folder, "call.zkenv")) };
        await using Recording recording = await Recording.OpenFileAsync(Path.Combine(folder, "call.zkc"), options);
        RecordingReport report = await recording.VerifyAsync();
        Console.WriteLine($"{report.State} {report.Verified} {recording.Metadata?.CallId} {recording.IsClassical}");
        try
        {
            device.ExportParameters(includePrivateParameters: true);
            Console.WriteLine("The key left the token.");
        }
        catch (CryptographicException)
        {
            Console.WriteLine("The key stays in the token.");
        }

        return 0;
    }
}
