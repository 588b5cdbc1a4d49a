using System.Diagnostics;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>An archive in a process of its own, which can be killed, traced, or refuse to start.</summary>
internal sealed class ChildArchive : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Process? _process;
    private GrpcChannel? _channel;

    public ChildArchive() => TrustList.Of(ArchiveFixture.Trusted(TrustedKeyKind.Gateway, Gateway.PublicKey)).Save(Gateways);

    public string Folder { get; } = Directory.CreateTempSubdirectory("zkcalls-archive-").FullName;

    public string Data => Path.Combine(Folder, "data");

    public string Gateways => Path.Combine(Folder, "gateways.txt");

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public CallArchive.CallArchiveClient Client { get; private set; } = null!;

    public string PublicKey { get; private set; } = "";

    public string Url { get; private set; } = "";

    public int ProcessId => _process!.Id;

    public async Task StartAsync(params string[] extra)
    {
        _process = Start(["--data", Data, "--gateways", Gateways, .. extra]);

        // Nobody reads it, and a full pipe would stop the archive.
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(Patience);
        while (Url.Length == 0)
        {
            string line = await _process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new InvalidOperationException("The archive ended before it listened.");
            PublicKey = line.StartsWith("Public key: ", StringComparison.Ordinal) ? line["Public key: ".Length..] : PublicKey;
            Url = line.StartsWith("Now listening on: ", StringComparison.Ordinal) ? line["Now listening on: ".Length..] : "";
        }

        _channel = GrpcChannel.ForAddress(Url);
        Client = new CallArchive.CallArchiveClient(_channel);
    }

    /// <summary>SIGKILL: nothing is written, flushed or closed any more.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        Forget();
    }

    /// <summary>Asks it to stop, as a service manager does, and gives its exit code.</summary>
    /// <param name="keepConnection">What it still answers is read: <see cref="Forget"/> it then.</param>
    public async Task<int> TerminateAsync(bool keepConnection = false)
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{ProcessId}"]);
        using var patience = new CancellationTokenSource(Patience);
        await _process!.WaitForExitAsync(patience.Token);
        int code = _process.ExitCode;
        if (!keepConnection)
        {
            Forget();
        }

        return code;
    }

    /// <summary>Runs an archive that ends by itself, and gives its exit code, standard output and standard error.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using Process process = Start(args);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            string error = await process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, error);
        }
        finally
        {
            process.Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        Forget();

        Gateway.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static Process Start(string[] args) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ArchiveService.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    public void Forget()
    {
        _channel?.Dispose();
        _process?.Dispose();
        _process = null;
        Url = "";
    }
}
