using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using ZeroKnowledge.Calls.Extensions;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Native;

/// <summary>The functions of zkcalls.h about recorders.</summary>
internal static unsafe class RecorderExports
{
    private const uint AbiVersion = 1;

    private static readonly HandleTable<ConfiguredRecorder> Recorders = new(1);

    public static CallRecorder? Find(ulong handle) => Recorders.Find(handle)?.Recorder;

    [UnmanagedCallersOnly(EntryPoint = "zk_abi_version")]
    public static uint Version() => AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "zk_error_string")]
    public static byte* ErrorString(int result)
    {
        // Literals stand in the library's constant data, with a zero behind them.
        ReadOnlySpan<byte> text = (NativeResult)result switch
        {
            NativeResult.Ok => "It was done."u8,
            NativeResult.Masked => "A mask keeps the frame out of the recording, which tells it by a gap."u8,
            NativeResult.Dropped => "There was no room for the frame; the recording tells it by a gap."u8,
            NativeResult.Ended => "The call has ended, or its recorder was destroyed."u8,
            NativeResult.Spooled => "Not everything was stored in time: it is in the spool, and the next recorder sends it."u8,
            NativeResult.Argument => "An argument is missing or out of range."u8,
            NativeResult.Handle => "The handle was closed, or never was one."u8,
            NativeResult.Size => "The structure's size is none that this library knows: set it with sizeof."u8,
            NativeResult.Config => "A setting is missing, out of range, or names a file that cannot be used; zk_last_error says which."u8,
            NativeResult.IO => "The spool or the register cannot be used; zk_last_error says why."u8,
            NativeResult.Limit => "There are as many calls as there may be."u8,
            NativeResult.Malformed => "It is not an RTP packet, its payload is over 8,192 bytes, or the call has no such leg."u8,
            NativeResult.Internal => "The library met an error of its own; zk_last_error says more."u8,
            _ => "There is no such result."u8,
        };
        return (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));
    }

    [UnmanagedCallersOnly(EntryPoint = "zk_last_error")]
    public static nuint LastError(byte* buffer, nuint size) => Guard.CopyLastError(buffer, size);

    [UnmanagedCallersOnly(EntryPoint = "zk_recorder_create")]
    public static NativeResult Create(NativeConfig* config, ulong* recorder) => Guard.Run(() =>
    {
        if (config is null || recorder is null)
        {
            return Guard.Fail(NativeResult.Argument, "config or recorder is NULL.");
        }

        *recorder = 0;
        if (!Guard.Fits(config, config->Size, sizeof(NativeConfig)))
        {
            return Guard.BadSize("config", config->Size, sizeof(NativeConfig));
        }

        return Start(Settings(*config), Log(config->Log, config->LogContext), recorder);
    }, NativeResult.Config);

    [UnmanagedCallersOnly(EntryPoint = "zk_recorder_create_from_file")]
    public static NativeResult CreateFromFile(byte* path, delegate* unmanaged<void*, int, int, byte*, void> log, void* logContext, ulong* recorder) => Guard.Run(() =>
    {
        if (path is null || recorder is null)
        {
            return Guard.Fail(NativeResult.Argument, "path or recorder is NULL.");
        }

        *recorder = 0;
        string file = Path.GetFullPath(NativeText.Required(path, nameof(path)));
        using ConfigurationManager configuration = new();
        configuration.AddJsonFile(file, optional: false);
        IConfigurationSection section = configuration.GetSection(CallRecorderSettings.SectionName);
        if (!section.Exists())
        {
            return Guard.Fail(NativeResult.Config, $"The file '{file}' has no object \"{CallRecorderSettings.SectionName}\".");
        }

        CallRecorderSettings settings = new();
        section.Bind(settings, binder => binder.ErrorOnUnknownConfiguration = true);
        return Start(settings, Log(log, logContext), recorder);
    }, NativeResult.Config);

    [UnmanagedCallersOnly(EntryPoint = "zk_recorder_destroy")]
    public static NativeResult Destroy(ulong recorder, uint timeoutMs) => Guard.Run(() =>
    {
        if (Recorders.Remove(recorder) is not { } running)
        {
            return Guard.BadHandle();
        }

        bool stored = Task.Run(() => RecorderEnd.RunAsync(running, TimeSpan.FromMilliseconds(timeoutMs))).GetAwaiter().GetResult();
        return stored ? NativeResult.Ok : NativeResult.Spooled;
    });

    [UnmanagedCallersOnly(EntryPoint = "zk_recorder_stats")]
    public static NativeResult Stats(ulong recorder, NativeStats* stats) => Guard.Run(() =>
    {
        if (stats is null)
        {
            return Guard.Fail(NativeResult.Argument, "stats is NULL.");
        }

        if (stats->Size < sizeof(NativeStats))
        {
            return Guard.BadSize("stats", stats->Size, sizeof(NativeStats));
        }

        if (Find(recorder) is not { } found)
        {
            return Guard.BadHandle();
        }

        RecorderStatus status = found.Status;
        stats->ActiveCalls = (uint)status.ActiveCalls;
        stats->SpooledBytes = (ulong)status.SpooledBytes;
        stats->RegisterWaiting = (ulong)status.RegisterWaiting;
        stats->SpoolFull = status.IsSpoolFull ? 1u : 0u;
        stats->ArchivesConnected = (uint)status.Archives.Count(archive => archive.Streams > 0);
        return NativeResult.Ok;
    });

    private static NativeLog? Log(delegate* unmanaged<void*, int, int, byte*, void> callback, void* context) => callback is null ? null : new NativeLog(callback, context);

    // A C program waits for its result: there is nothing to await it with.
    private static NativeResult Start(CallRecorderSettings settings, ILoggerFactory? log, ulong* recorder)
    {
        ConfiguredRecorder running = Task.Run(() => ConfiguredRecorder.StartAsync(settings, log)).GetAwaiter().GetResult();
        *recorder = Recorders.Add(running);
        return NativeResult.Ok;
    }

    private static CallRecorderSettings Settings(in NativeConfig config)
    {
        CallRecorderSettings settings = new()
        {
            Spool = NativeText.Optional(config.Spool, "spool") ?? "",
            Register = NativeText.Optional(config.Register, "register_file") ?? "",
            GatewayKey = NativeText.Optional(config.GatewayKey, "gateway_key") ?? "",
            Recipients = NativeText.Optional(config.Recipients, "recipients") ?? "",
            Trust = NativeText.Optional(config.Trust, "trust"),
            ClientCertificate = NativeText.Optional(config.ClientCertificate, "client_certificate"),
            ClientKey = NativeText.Optional(config.ClientKey, "client_key"),
            ServerAuthorities = NativeText.Optional(config.ServerAuthorities, "server_authorities"),
            AllowSingleRecipient = config.AllowSingleRecipient != 0,
        };
        settings.Tick = Milliseconds(config.TickMs) ?? settings.Tick;
        settings.MaxMask = Milliseconds(config.MaxMaskMs) ?? settings.MaxMask;
        settings.Legs = Number(config.Legs) ?? settings.Legs;
        settings.MaxBitRate = Number(config.MaxBitRate) ?? settings.MaxBitRate;
        settings.MaxCalls = Number(config.MaxCalls) ?? settings.MaxCalls;
        settings.SpoolBytes = config.SpoolBytes == 0 ? settings.SpoolBytes : (long)Math.Min(config.SpoolBytes, long.MaxValue);
        for (uint i = 0; i < config.ArchiveCount && config.Archives is not null; i++)
        {
            settings.Archives.Add(NativeText.Required(config.Archives[i], $"archives[{i}]"));
        }

        return settings;
    }

    private static TimeSpan? Milliseconds(uint value) => value == 0 ? null : TimeSpan.FromMilliseconds(value);

    private static int? Number(uint value) => value == 0 ? null : (int)Math.Min(value, int.MaxValue);
}
