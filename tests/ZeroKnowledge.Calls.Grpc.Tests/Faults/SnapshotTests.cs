using ZeroKnowledge.Calls.Faults;
using ZeroKnowledge.Calls.Grpc.Tests.Register;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A snapshot of a machine that is started twice repeats the random bytes, and with them the keys. What it does not repeat is the time.</summary>
public sealed class SnapshotTests
{
    private const int Chunks = 16;

    // The clock goes into the first 8 bytes.
    private const int ClockSize = 8;

    [Theory]
    [InlineData(Suite.Aes256Gcm)]
    [InlineData(Suite.Aegis256)]
    public async Task TwoLives_TheSameRandomness_TheSameKeysButNeverTheSameNonce(Suite suite)
    {
        using TestFolder folder = new();
        using GatewayKey gateway = GatewayKey.Generate();
        using Identity identity = Identity.Generate();
        gateway.Save(folder.File("gateway.key"));
        await File.WriteAllTextAsync(folder.File("recipients.txt"), identity.Recipient.ToString());

        (string id, byte[][] chunks) = await LiveAsync(folder, suite, seed: 1);
        (string again, byte[][] others) = await LiveAsync(folder, suite, seed: 1);
        (string third, _) = await LiveAsync(folder, suite, seed: 2);

        // The same core id is the same secret: the commitment in the header is made of it. And other randomness gives another one.
        Assert.Equal(id, again);
        Assert.NotEqual(id, third);
        byte[][] nonces = [.. chunks.Select(chunk => chunk[..Format.NonceSize(suite)])];
        byte[][] otherNonces = [.. others.Select(chunk => chunk[..Format.NonceSize(suite)])];
        for (int i = 0; i < Chunks; i++)
        {
            // Where no clock is, both lives drew the same bytes: without the clock the nonces would be the same.
            Assert.Equal(nonces[i][ClockSize..], otherNonces[i][ClockSize..]);
        }

        Assert.Equal(2 * Chunks, nonces.Concat(otherNonces).Select(Convert.ToHexString).Distinct().Count());
    }

    private static async Task<(string Id, byte[][] Chunks)> LiveAsync(TestFolder folder, Suite suite, int seed)
    {
        await using ChildProgram life = ChildProgram.Start(
            "ZeroKnowledge.Calls.Faults.dll", "snapshot", "--gateway-key", folder.File("gateway.key"), "--recipients", folder.File("recipients.txt"),
            "--suite", $"{suite}", "--chunks", $"{Chunks}", "--seed", $"{seed}");
        string id = await life.ExpectAsync(SnapshotProgram.CoreId);
        List<byte[]> chunks = [];
        while (chunks.Count < Chunks)
        {
            chunks.Add(Convert.FromHexString(await life.ExpectAsync(SnapshotProgram.Chunk)));
        }

        return (id, [.. chunks]);
    }
}
