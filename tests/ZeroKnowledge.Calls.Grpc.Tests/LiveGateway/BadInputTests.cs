using System.Net;
using System.Net.Sockets;
using System.Text;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests.LiveGateway;

/// <summary>Bad input: one clear sentence on standard error, nothing on standard output, exit code 2.</summary>
[Collection(LiveGatewayRuns.Name)]
public sealed class BadInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--calls", "0", "--calls")]
    [InlineData("--calls", "many", "--calls")]
    [InlineData("--speed", "1000", "--speed")]
    [InlineData("--suite", "rot13", "--suite")]
    [InlineData("--archive", "archive.example", "URL")]
    [InlineData("--input", "/nowhere/speech.wav", "/nowhere/speech.wav")]
    [InlineData("--bogus", "1", "--bogus")]
    public Task Option_Wrong_IsRefused(string option, string value, string expected) => AssertRefusedAsync(expected, option, value);

    [Fact]
    public async Task Input_NoAudio_IsRefused()
    {
        string path = Path.Combine(_folder, "speech.wav");
        await File.WriteAllTextAsync(path, "This is no audio.");

        await AssertRefusedAsync("is not audio", "--input", path);
    }

    [Theory]
    [InlineData(1, 1, 8, "8-bit PCM")]
    [InlineData(1, 3, 32, "32-bit floating point")]
    [InlineData(3, 1, 16, "3 channels")]
    public async Task Input_WavOfAnotherFormat_IsRefused(int channels, short format, short bits, string expected)
    {
        string path = Path.Combine(_folder, "speech.wav");
        await File.WriteAllBytesAsync(path, LiveGatewayTests.Wav(channels, 8_000, 1, format, bits));

        await AssertRefusedAsync(expected, "--input", path);
    }

    [Fact]
    public async Task Input_WavThatEndsInItsFormat_IsRefused()
    {
        string path = Path.Combine(_folder, "speech.wav");
        await File.WriteAllBytesAsync(path, LiveGatewayTests.Wav(1, 8_000, 1)[..30]);

        await AssertRefusedAsync("without a format", "--input", path);
    }

    [Fact]
    public async Task Speed_TooFastForTheAudio_IsRefused()
    {
        string path = Path.Combine(_folder, "speech.wav");
        await File.WriteAllBytesAsync(path, LiveGatewayTests.Wav(1, 48_000, 1));

        await AssertRefusedAsync("lower --speed", "--json", "--input", path, "--speed", "40");
    }

    [SkippableFact]
    public async Task Input_CaptureThatIsNoneOrHasNoAudio_IsRefused()
    {
        const string digits = "/usr/share/sip-tester/dtmf_2833_1.pcap";
        Engines.Require(File.Exists(digits), "The capture is from sip-tester, and is read with libpcap.");
        string path = Path.Combine(_folder, "speech.pcap");
        await File.WriteAllTextAsync(path, "This is no capture.");

        await AssertRefusedAsync("cannot be read", "--input", path);
        await AssertRefusedAsync("has no RTP stream", "--input", digits);
    }

    [Fact]
    public Task Input_EmptyFolder_IsRefused() => AssertRefusedAsync("holds no .wav", "--input", Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName);

    [Theory]
    [InlineData("--out")]
    [InlineData("--data")]
    public async Task Folder_CannotBeMade_IsRefused(string option)
    {
        // A file in its way: that stops root too.
        string file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "");

        await AssertRefusedAsync("cannot be written", option, Path.Combine(file, "folder"));
    }

    [Fact]
    public async Task Out_NotEmpty_IsRefusedAndNothingIsOverwritten()
    {
        string file = Path.Combine(_folder, "identities.txt");
        await File.WriteAllTextAsync(file, "mine");

        await AssertRefusedAsync("is not empty", "--out", _folder);
        Assert.Equal("mine", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Archive_NobodyListens_IsRefused()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        await AssertRefusedAsync("cannot be reached", "--archive", $"http://127.0.0.1:{port}");
    }

    [Fact]
    public async Task Archive_SomethingElseListens_IsRefused()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task answering = AnswerAsync(listener);

        await AssertRefusedAsync("no archive answers", "--archive", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        listener.Stop();
        await answering;
    }

    private static async Task AssertRefusedAsync(string expected, params string[] arguments)
    {
        Ran ran = await LiveGatewayProgram.RunAsync(["--seconds", "1", .. arguments]);

        Assert.True(ran.ExitCode == 2, ran.ToString());
        Assert.Contains(expected, ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
        Assert.Empty(ran.Output);
    }

    private static async Task AnswerAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The listener was stopped.
        }
    }
}
