using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Extensions;

/// <summary>A running recorder with all that its settings name: channels, register, keys. Thread-safe.</summary>
public sealed class ConfiguredRecorder : IAsyncDisposable
{
    private readonly List<IDisposable> _owned;
    private readonly SqliteRegister _register;

    private ConfiguredRecorder(CallRecorder recorder, SqliteRegister register, List<IDisposable> owned)
    {
        Recorder = recorder;
        _register = register;
        _owned = owned;
    }

    /// <summary>The recorder.</summary>
    public CallRecorder Recorder { get; }

    /// <summary>Reads what the settings name, and starts a recorder.</summary>
    /// <param name="settings">Read once.</param>
    /// <param name="loggers">Where to log; default nowhere.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">A setting is missing, out of range, or names a file that cannot be used; the message says what to do.</exception>
    /// <exception cref="IOException">The spool or the register cannot be used.</exception>
    public static async Task<ConfiguredRecorder> StartAsync(CallRecorderSettings settings, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        IReadOnlyList<string> problems = settings.FindProblems();
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(settings));
        }

        List<IDisposable> owned = [];
        SqliteRegister? register = null;
        try
        {
            GatewayKey gateway = Own(owned, Read(nameof(settings.GatewayKey), settings.GatewayKey, GatewayKey.Load));
            RecordingPolicy policy = Policy(settings, gateway);
            TrustList? trust = settings.Trust is { } path ? Read(nameof(settings.Trust), path, TrustList.Load) : null;
            GrpcChannel[] archives = Channels(settings, owned);
            register = SqliteRegister.Open(settings.Register);
            CallRecorder recorder = await CallRecorder.StartAsync(
                new CallRecorderOptions
                {
                    Archives = archives,
                    DurableArchives = settings.DurableArchives,
                    Spool = settings.Spool,
                    SpoolBytes = settings.SpoolBytes,
                    Durability = settings.Durability,
                    Register = register,
                    Policy = policy,
                    Trust = trust,
                    MaxCalls = settings.MaxCalls,
                    LockedMemory = settings.LockedMemory,
                    LoggerFactory = loggers,
                },
                cancellationToken).ConfigureAwait(false);
            return new ConfiguredRecorder(recorder, register, owned);
        }
        catch
        {
            if (register is not null)
            {
                await register.DisposeAsync().ConfigureAwait(false);
            }

            owned.ForEach(item => item.Dispose());
            throw;
        }
    }

    /// <summary>Seals live calls as aborted and sends until all is stored, or for <see cref="CallRecorder.DisposeTimeout"/>; then closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await Recorder.DisposeAsync().ConfigureAwait(false);
        await _register.DisposeAsync().ConfigureAwait(false);
        _owned.ForEach(item => item.Dispose());
    }

    private static RecordingPolicy Policy(CallRecorderSettings settings, GatewayKey gateway) => new()
    {
        Recipients = Read(nameof(settings.Recipients), settings.Recipients, Recipients.Load),
        Gateway = gateway,
        Suite = settings.Suite,
        Tick = settings.Tick,
        Legs = settings.Legs,
        MaxBitRate = settings.MaxBitRate,
        MaxMask = settings.MaxMask,
        CheckpointEvery = settings.CheckpointEvery,
        AllowSingleRecipient = settings.AllowSingleRecipient,
        AllowMixedSecurity = settings.AllowMixedSecurity,
    };

    private static GrpcChannel[] Channels(CallRecorderSettings settings, List<IDisposable> owned)
    {
        X509Certificate2? certificate = settings.ClientCertificate is { } path
            ? Own(owned, Read(nameof(settings.ClientCertificate), path, file => X509Certificate2.CreateFromPemFile(file, settings.ClientKey)))
            : null;
        X509Certificate2Collection? authorities = null;
        if (settings.ServerAuthorities is { } issuers)
        {
            authorities = [];
            Read(nameof(settings.ServerAuthorities), issuers, file =>
            {
                authorities.ImportFromPemFile(file);
                return authorities;
            });
        }

        return [.. settings.Archives.Select(address => Own(owned, ArchiveChannel.ForAddress(new Uri(address), certificate, authorities)))];
    }

    private static T Own<T>(List<IDisposable> owned, T item)
        where T : IDisposable
    {
        owned.Add(item);
        return item;
    }

    private static T Read<T>(string name, string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ArgumentException($"{name}: the file '{path}' cannot be used: {e.Message}", e);
        }
    }
}
