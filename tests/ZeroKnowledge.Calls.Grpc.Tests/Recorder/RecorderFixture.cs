using ArchiveService;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>A real archive on a loopback socket, a customer's keys, and a register.</summary>
public sealed class RecorderFixture : IAsyncLifetime
{
    private WebApplication? _archive;

    public string Folder { get; } = Directory.CreateTempSubdirectory("zkcalls").FullName;

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public Identity Active { get; } = Identity.Generate();

    public Identity Recovery { get; } = Identity.Generate();

    public TrustList Trust { get; private set; } = TrustList.Of();

    public GrpcChannel Channel { get; private set; } = null!;

    public string Address { get; private set; } = "";

    internal MemoryRegister Register { get; } = new();

    public async Task InitializeAsync()
    {
        TrustedKey gateway = Trusted(TrustedKeyKind.Gateway, Gateway.PublicKey);
        string gateways = Path.Combine(Folder, "gateways.txt");
        await File.WriteAllTextAsync(gateways, TrustList.Of(gateway).ToString());
        string key = Path.Combine(Folder, "archive.key");
        using (ArchiveKey archive = ArchiveKey.Generate())
        {
            archive.Save(key);
            Trust = TrustList.Of(gateway, Trusted(TrustedKeyKind.Archive, archive.PublicKey));
        }

        _archive = ArchiveHost.Build("--data", Path.Combine(Folder, "data"), "--gateways", gateways, "--key", key, "--urls", "http://127.0.0.1:0");
        await _archive.StartAsync();
        Address = _archive.Urls.Single();
        Channel = GrpcChannel.ForAddress(Address);
    }

    public async Task DisposeAsync()
    {
        Channel.Dispose();
        if (_archive is { } archive)
        {
            await archive.DisposeSoonAsync();
        }

        Gateway.Dispose();
        Active.Dispose();
        Recovery.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    public RecordingPolicy Policy(int tickMs = 200, Suite suite = Suite.Aes256Gcm) => new()
    {
        Recipients = Recipients.Of(Active.Recipient, Recovery.Recipient),
        Gateway = Gateway,
        Suite = suite,
        Tick = TimeSpan.FromMilliseconds(tickMs),
    };

    internal Task<CallRecorder> StartAsync(RecordingPolicy? policy = null, MemoryRegister? register = null, long? spool = null, GrpcChannel? channel = null, int maxCalls = int.MaxValue, string? folder = null,
        GrpcChannel? second = null, int? durable = null, TrustList? trust = null, TimeProvider? clock = null, long memory = 1L << 30, ILoggerFactory? log = null) =>
        CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = second is null ? [channel ?? Channel] : [channel ?? Channel, second],
            DurableArchives = durable,
            Spool = folder ?? Path.Combine(Folder, Guid.NewGuid().ToString("N")),
            Register = register ?? Register,
            Policy = policy ?? Policy(),
            Trust = trust ?? Trust,
            SpoolBytes = spool ?? CallRecorderOptions.DefaultSpoolBytes,
            MaxCalls = maxCalls,
            MemoryBytes = memory,
            TimeProvider = clock ?? TimeProvider.System,
            LoggerFactory = log ?? new Failures(),
        });

    internal ReaderOptions Reader(bool recovery = false, MemoryRegister? register = null) =>
        new() { Trust = Trust, Identity = recovery ? Recovery : Active, Register = register ?? Register };

    public static byte[] Rtp(ushort sequence, uint timestamp, byte payloadType, ReadOnlySpan<byte> payload, uint ssrc = 1)
    {
        byte[] packet = new byte[12 + payload.Length];
        packet[0] = 0x80;
        packet[1] = payloadType;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), timestamp);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        payload.CopyTo(packet.AsSpan(12));
        return packet;
    }

    internal static TrustedKey Trusted(TrustedKeyKind kind, VerifyKey key) =>
        new(kind, key, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), kind.ToString());

    /// <summary>What the recorder logs as an error is shown in the test's output.</summary>
    private sealed class Failures : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Console.WriteLine($"{logLevel} {eventId.Id}: {formatter(state, exception)} {exception}");
    }
}
