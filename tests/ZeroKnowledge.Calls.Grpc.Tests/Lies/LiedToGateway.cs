using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>A gateway with a spool on disk whose archives may lie, and what it noticed.</summary>
internal sealed class LiedToGateway : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RecorderFixture _fixture;
    private readonly string _spool;
    private readonly MemoryRegister _register = new();
    private readonly List<(CallWriter Call, List<string> Payloads)> _calls = [];

    private LiedToGateway(RecorderFixture fixture)
    {
        _fixture = fixture;
        _spool = Path.Combine(fixture.Folder, Guid.NewGuid().ToString("N"));
    }

    public CallRecorder Recorder { get; private set; } = null!;

    public Notes Log { get; } = new();

    public List<Exception> Failures { get; } = [];

    public static async Task<LiedToGateway> StartAsync(RecorderFixture fixture, params GrpcChannel[] archives)
    {
        LiedToGateway gateway = new(fixture);
        await gateway.StartAsync(archives);
        return gateway;
    }

    public async Task<CallWriter> BeginAsync(string id)
    {
        CallWriter call = Recorder.Begin(new CallMetadata { CallId = id, Legs = [Leg.Pcma("a")] });
        _calls.Add((call, []));
        await call.Started.WaitAsync(Patience);
        return call;
    }

    /// <summary>Frames as they come: one every 20 ms.</summary>
    public async Task WriteAsync(CallWriter call, int frames = 6)
    {
        List<string> payloads = _calls.Single(one => one.Call == call).Payloads;
        for (int i = 0; i < frames; i++)
        {
            byte[] payload = new byte[160];
            Random.Shared.NextBytes(payload);
            ushort sequence = (ushort)payloads.Count;
            Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(sequence, sequence * 160u, 8, payload)));
            payloads.Add(Convert.ToHexString(payload));
            await Task.Delay(20);
        }
    }

    public async Task<CallWriter> RecordAsync(string id)
    {
        CallWriter call = await BeginAsync(id);
        await WriteAsync(call);
        call.Complete();
        return call;
    }

    /// <summary>The first recording of a call.</summary>
    public async Task<Statement> FirstCheckpointAsync(CallWriter call) => Assert.Single(await _register.FindAsync(call.RecordingId)).Statements[0];

    public async Task<RecordingHeader> HeaderAsync(CallWriter call) => Assert.Single(await _register.FindAsync(call.RecordingId)).Header;

    /// <summary>Stops, and starts again on the same spool with an honest archive: every frame of every call is there, and each is complete.</summary>
    public async Task StoredByAnHonestArchiveAsync()
    {
        await StopAsync();
        await StartAsync([_fixture.Channel]);
        using CancellationTokenSource patience = new(Patience);
        await Recorder.DrainAsync(patience.Token);
        await CompleteAsync(_fixture.Channel);
    }

    /// <summary>Every frame of every call is in an archive, once and in order.</summary>
    public async Task CompleteAsync(GrpcChannel archive)
    {
        foreach ((CallWriter call, List<string> payloads) in _calls)
        {
            await using Recording recording = await new ArchiveClient(archive).OpenAsync(call.RecordingId, _fixture.Reader(register: _register));
            Assert.Equal(RecordingState.Complete, (await recording.VerifyAsync()).State);
            List<string> read = [];
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                if (frame.Kind == FrameKind.Audio)
                {
                    read.Add(Convert.ToHexString(frame.Payload.Span));
                }
            }

            Assert.Equal(payloads, read);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StartAsync(GrpcChannel[] archives)
    {
        Recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = archives,
            DurableArchives = 1,
            Spool = _spool,
            Register = _register,
            Policy = _fixture.Policy(50),
            Trust = _fixture.Trust,
            UploadStreams = 1,
            LoggerFactory = Log,
        });
        Recorder.CallFailed += (_, failed) =>
        {
            lock (Failures)
            {
                Failures.Add(failed.Exception);
            }
        };
    }

    private async Task StopAsync()
    {
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(50));
        await Recorder.StopAsync(soon.Token);
    }

    /// <summary>What the recorder logs.</summary>
    public sealed class Notes : ILoggerFactory, ILogger
    {
        private readonly List<string> _all = [];

        public IReadOnlyList<string> All
        {
            get
            {
                lock (_all)
                {
                    return [.. _all];
                }
            }
        }

        /// <summary>Waits until a message has all of these texts.</summary>
        public async Task<string> SaysAsync(params string[] texts)
        {
            using CancellationTokenSource patience = new(Patience);
            while (true)
            {
                if (All.FirstOrDefault(note => texts.All(text => note.Contains(text, StringComparison.Ordinal))) is { } found)
                {
                    return found;
                }

                try
                {
                    await Task.Delay(10, patience.Token);
                }
                catch (OperationCanceledException)
                {
                    Assert.Fail($"Nothing says '{string.Join("', '", texts)}', but:\n{string.Join("\n", All)}");
                }
            }
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_all)
            {
                _all.Add($"{logLevel}: {formatter(state, exception)} {exception?.Message}");
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Dispose()
        {
        }
    }
}
