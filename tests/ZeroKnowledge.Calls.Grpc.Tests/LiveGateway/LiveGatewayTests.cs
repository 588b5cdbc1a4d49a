using System.Text.Json;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests.LiveGateway;

/// <summary>The main job, short: two calls of two seconds, through an archive of its own, and back.</summary>
[Collection(LiveGatewayRuns.Name)]
public sealed class LiveGatewayTests
{
    private static readonly string[] Names =
    [
        "calls", "seconds", "framesWritten", "framesRead", "framesDifferent", "gapFrames", "chunks", "chunkSizesSeen", "archiveBytes",
        "plaintextFound", "controlsFound", "attacksTried", "attacksDetected", "archiveKills", "gatewayKills", "framesRecovered", "worstWriteMicroseconds", "ok",
    ];

    [Theory]
    [InlineData("aes")]
    [InlineData("aegis")]
    public async Task Json_ShortRun_IsOneObjectAndAllOfItHolds(string suite)
    {
        Ran ran = await LiveGatewayProgram.RunAsync("--json", "--seconds", "2", "--calls", "2", "--speed", "1", "--suite", suite);

        Assert.True(ran.ExitCode == 0, ran.ToString());
        Assert.Empty(ran.Error);
        CheckCounts(ran, calls: 2, seconds: 2);
    }

    [Fact]
    public async Task Out_ShortRun_HasWhatAnotherImplementationNeeds()
    {
        string folder = Directory.CreateTempSubdirectory("zkcalls").FullName;
        try
        {
            string kept = Path.Combine(folder, "out");
            Ran ran = await LiveGatewayProgram.RunAsync("--json", "--seconds", "2", "--calls", "1", "--out", kept);

            Assert.True(ran.ExitCode == 0, ran.ToString());
            CheckCounts(ran, calls: 1, seconds: 2);
            await CheckFilesAsync(kept);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Input_StereoWav_IsRecordedWithALegForEachChannel()
    {
        string folder = Directory.CreateTempSubdirectory("zkcalls").FullName;
        try
        {
            string input = Path.Combine(folder, "noise.wav");
            await File.WriteAllBytesAsync(input, Wav(channels: 2, rate: 16_000, seconds: 1));
            Ran ran = await LiveGatewayProgram.RunAsync("--json", "--seconds", "2", "--calls", "2", "--input", input);

            Assert.True(ran.ExitCode == 0, ran.ToString());
            CheckCounts(ran, calls: 2, seconds: 2);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public async Task Input_Capture_ItsStreamIsRecorded()
    {
        const string capture = "/usr/share/sip-tester/g711a.pcap";
        Engines.Require(File.Exists(capture), "The capture is from sip-tester.");
        Ran ran = await LiveGatewayProgram.RunAsync("--json", "--seconds", "2", "--calls", "2", "--input", capture);

        Assert.True(ran.ExitCode == 0, ran.ToString());
        CheckCounts(ran, calls: 2, seconds: 2);
    }

    internal static byte[] Wav(int channels, int rate, int seconds, short format = 1, short bits = 16)
    {
        byte[] data = new byte[rate * channels * (bits / 8) * seconds];
        new Random(1).NextBytes(data);
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write("RIFF"u8);
        writer.Write(36 + data.Length);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write(format);
        writer.Write((short)channels);
        writer.Write(rate);
        writer.Write(rate * channels * (bits / 8));
        writer.Write((short)(channels * (bits / 8)));
        writer.Write(bits);
        writer.Write("data"u8);
        writer.Write(data.Length);
        writer.Write(data);
        return file.ToArray();
    }

    internal static void CheckCounts(Ran ran, int calls, int seconds, int archiveKills = 1)
    {
        using JsonDocument document = JsonDocument.Parse(ran.Output);
        JsonElement result = document.RootElement;
        Assert.Equal(Names, result.EnumerateObject().Select(property => property.Name));
        Assert.True(result.GetProperty("ok").GetBoolean());
        Assert.Equal(calls, result.GetProperty("calls").GetInt32());
        Assert.Equal(seconds, result.GetProperty("seconds").GetInt32());
        Assert.Equal(calls * 2 * 50 * seconds, result.GetProperty("framesWritten").GetInt64());
        Assert.Equal(calls * 2 * 50 * seconds, result.GetProperty("framesRead").GetInt64());
        Assert.Equal(0, result.GetProperty("framesDifferent").GetInt64());
        Assert.Equal(0, result.GetProperty("plaintextFound").GetInt64());
        Assert.Equal(3, result.GetProperty("controlsFound").GetInt32());
        Assert.Equal(1, result.GetProperty("chunkSizesSeen").GetInt32());
        Assert.InRange(result.GetProperty("chunks").GetInt64(), calls * seconds, long.MaxValue);
        Assert.InRange(result.GetProperty("archiveBytes").GetInt64(), 1, long.MaxValue);
        Assert.InRange(result.GetProperty("attacksTried").GetInt32(), 15, int.MaxValue);
        Assert.Equal(result.GetProperty("attacksTried").GetInt32(), result.GetProperty("attacksDetected").GetInt32());
        Assert.Equal(archiveKills, result.GetProperty("archiveKills").GetInt32());
        Assert.Equal(1, result.GetProperty("gatewayKills").GetInt32());

        // Two ticks of a second at the least, of which it may lose what it had of the last one.
        Assert.InRange(result.GetProperty("framesRecovered").GetInt64(), calls * 2 * 30, calls * 2 * 50 * 10);
        Assert.InRange(result.GetProperty("worstWriteMicroseconds").GetDouble(), 0.001, double.MaxValue);
    }

    private static async Task CheckFilesAsync(string folder)
    {
        IReadOnlyList<Identity> identities = Identity.LoadAll(Path.Combine(folder, "identities.txt"));
        TrustList trust = TrustList.Load(Path.Combine(folder, "trust.txt"));
        Assert.Equal(2, identities.Count);
        Assert.True(KeyEnvelope.TryParse(await File.ReadAllBytesAsync(Path.Combine(folder, "call-01.zkenv")), out KeyEnvelope? envelope, out _));
        List<string> written = [];
        foreach (string line in await File.ReadAllLinesAsync(Path.Combine(folder, "call-01.frames.jsonl")))
        {
            JsonElement frame = JsonDocument.Parse(line).RootElement;
            Assert.Equal(["leg", "kind", "payloadType", "sequence", "timestamp", "payload"], frame.EnumerateObject().Select(property => property.Name));
            written.Add($"{frame.GetProperty("leg")} {frame.GetProperty("kind")} {frame.GetProperty("sequence")} {frame.GetProperty("payload")}");
        }

        foreach (Identity identity in identities)
        {
            ReaderOptions options = new() { Trust = trust, Identity = identity, Envelope = envelope };
            await using Recording recording = await Recording.OpenFileAsync(Path.Combine(folder, "call-01.zkc"), options);
            Assert.Equal(RecordingState.Complete, (await recording.VerifyAsync()).State);
            List<string> read = [];
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                if (frame.Kind is FrameKind.Audio or FrameKind.Event)
                {
                    read.Add($"{frame.Leg} {(frame.Kind == FrameKind.Event ? "event" : "audio")} {frame.Sequence} {Convert.ToHexStringLower(frame.Payload.Span)}");
                }
            }

            // Two threads wrote: the order is each leg's own.
            Assert.Equal(ByLeg(written), ByLeg(read));
            Assert.Contains(read, line => line.Contains(" event ", StringComparison.Ordinal));
            identity.Dispose();
        }

        Assert.True(new FileInfo(Path.Combine(folder, "call-01.wav")).Length > 2 * 2 * 2 * 8_000);
    }

    private static IEnumerable<string> ByLeg(IEnumerable<string> frames) => frames.OrderBy(frame => frame[0]);
}
