using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Interop;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>How many recordings can be begun, and what of it costs what.</summary>
internal static class SetupRun
{
    private const int RegisterBatch = 256;
    private const int Registered = 10 * RegisterBatch;
    private const int OneByOne = 100;
    private const int Started = 4_000;

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly CallMetadata Metadata = new() { CallId = "benchmark", Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")] };

    public static async Task<int> RunAsync(Arguments arguments)
    {
        List<SetupRow> rows = [];
        foreach (Suite suite in (Suite[])[Suite.Aes256Gcm, Suite.Aegis256])
        {
            rows.Add(await MeasureAsync(suite));
        }

        if (arguments.IsJson)
        {
            arguments.Print(rows);
            return 0;
        }

        rows.ForEach(row => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Suite,-6} {row.BegunPerSecondAndCore:N0} begun a second and core: {row.BeginUs:N0} µs, of which wrapping {row.WrapUs:N0}, signing key {row.SigningKeyUs:N0}, signatures {row.SignaturesUs:N0}, other {row.OtherUs:N0}; registered {row.RegisteredPerSecond:N0} a second in batches, {row.RegisteredOneByOnePerSecond:N0} one by one; {row.StartedPerSecond:N0} calls started a second")));
        return 0;
    }

    private static async Task<SetupRow> MeasureAsync(Suite suite)
    {
        using Customer customer = new();
        RecordingPolicy policy = customer.Policy(suite, legs: 2);
        double begin = UsPer(() => Begin(policy, out _).Dispose());
        double wrap = 2 * UsPer(Wrapping());
        double key = UsPer(SigningKey());
        double signatures = 2 * UsPer(Signature());

        using TemporaryFolder folder = new();
        (double inBatches, double oneByOne) = await RegisterAsync(folder["register.db"], policy);
        double started = await StartAsync(folder, policy);
        return new SetupRow(
            suite == Suite.Aes256Gcm ? "aes" : "aegis", 1e6 / begin, begin, wrap, key, signatures, begin - wrap - key - signatures, inBatches, oneByOne, started);
    }

    private static RecordingWriter Begin(RecordingPolicy policy, out RecordingStart start) => RecordingWriter.Begin(
        policy, Metadata, new RecordingId(Guid.NewGuid().ToByteArray()), DateTimeOffset.UnixEpoch.AddYears(56), default, SecretSlabs.Shared, out start);

    private static Action Wrapping()
    {
        byte[] publicKey = new byte[XWing.PublicKeySize], seed = RandomNumberGenerator.GetBytes(XWing.SeedSize);
        XWing.PublicKey(seed, publicKey);
        byte[] info = new byte[45], key = new byte[Format.KeySize], wrapped = new byte[Kem.WrappedSize(StanzaKind.XWing)];
        return () =>
        {
            if (!Hpke.TryWrap(StanzaKind.XWing, publicKey, info, key, wrapped))
            {
                throw new InvalidOperationException("The public key is not one.");
            }
        };
    }

    private static Action SigningKey()
    {
        byte[] seed = RandomNumberGenerator.GetBytes(Ed25519.SeedSize), publicKey = new byte[Ed25519.PublicKeySize], secretKey = new byte[Ed25519.SecretKeySize];
        return () => Ed25519.KeyPair(seed, publicKey, secretKey);
    }

    private static Action Signature()
    {
        byte[] seed = RandomNumberGenerator.GetBytes(Ed25519.SeedSize), publicKey = new byte[Ed25519.PublicKeySize], secretKey = new byte[Ed25519.SecretKeySize];
        Ed25519.KeyPair(seed, publicKey, secretKey);
        byte[] message = new byte[Statement.Size - Ed25519.SignatureSize], signature = new byte[Ed25519.SignatureSize];
        return () => Ed25519.Sign(secretKey, message, signature);
    }

    private static async Task<(double InBatches, double OneByOne)> RegisterAsync(string path, RecordingPolicy policy)
    {
        RegisteredRecording[] rows = [.. Enumerable.Range(0, Registered + OneByOne).Select(_ => Row(policy))];
        await using SqliteRegister register = SqliteRegister.Open(path);
        long start = Stopwatch.GetTimestamp();
        foreach (RegisteredRecording[] batch in rows.Take(Registered).Chunk(RegisterBatch))
        {
            await register.AddAsync(batch);
        }

        double inBatches = Registered / Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        foreach (RegisteredRecording row in rows.Skip(Registered))
        {
            await register.AddAsync([row]);
        }

        return (inBatches, OneByOne / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static RegisteredRecording Row(RecordingPolicy policy)
    {
        using RecordingWriter writer = Begin(policy, out RecordingStart start);
        return start.ToRegister();
    }

    private static async Task<double> StartAsync(TemporaryFolder folder, RecordingPolicy policy)
    {
        await using SqliteRegister register = SqliteRegister.Open(folder["started.db"]);
        CountingSink sink = new(intoFiles: true);
        await using CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [GrpcChannel.ForAddress("http://127.0.0.1:9")],
            Register = register,
            Spool = folder["spool"],
            Policy = policy,
            Sink = sink,
        });
        sink.Use(recorder.Lifecycle);
        long start = Stopwatch.GetTimestamp();
        CallWriter[] calls = [.. Enumerable.Range(0, Started).Select(_ => recorder.Begin(Metadata))];
        await Task.WhenAll(calls.Select(call => call.Started));
        double perSecond = Started / Stopwatch.GetElapsedTime(start).TotalSeconds;
        Array.ForEach(calls, call => call.Complete());
        await recorder.StopAsync(new CancellationToken(canceled: true));
        return perSecond;
    }

    private static double UsPer(Action action)
    {
        // Until the code is as it stays.
        long warm = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(warm) < Turn / 2)
        {
            action();
        }

        int times = 0;
        long start = Stopwatch.GetTimestamp();
        for (; Stopwatch.GetElapsedTime(start) < Turn; times++)
        {
            action();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / times;
    }
}
