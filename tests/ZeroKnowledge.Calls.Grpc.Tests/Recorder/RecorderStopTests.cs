using System.Collections;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>Whatever hangs or throws around a recorder, its calls begin and end, and it stops: nothing that it has is lost.</summary>
public sealed class RecorderStopTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly CallMetadata OneLeg = new() { CallId = "stopping", Legs = [Leg.Pcma("caller")] };

    [Fact]
    public async Task Stop_CallThatCannotEnd_IsGivenUpAndRecoveredByTheNextRecorder()
    {
        string folder = Path.Combine(fixture.Folder, "given up");
        MemoryRegister register = new();
        JumpingClock clock = new();
        CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register, folder: folder, clock: clock);
        CallWriter call = recorder.Begin(OneLeg);
        await call.Started.WaitAsync(Patience);
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160])));
        await UntilAsync(() => call.Life.Spooled!.Count > 2);

        // No tick comes any more.
        clock.Stand();
        await recorder.StopSoonAsync();
        Assert.Equal(0, recorder.ActiveCalls);
        ArchiveException e = await Assert.ThrowsAsync<ArchiveException>(() => call.Durable);
        Assert.True(e.IsTransient);

        await using CallRecorder next = await fixture.StartAsync(fixture.Policy(50), register, folder: folder);
        RecoveredRecording recovered = Assert.Single(next.Recovered);
        Assert.Equal(call.RecordingId, recovered.RecordingId);
        Assert.True(recovered.Chunks > 2);
        await next.DrainAsync().WaitAsync(Patience);
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader(register: register));
        Assert.Equal(RecordingState.Recovered, (await recording.VerifyAsync()).State);
        Assert.Single(await CallRecorderTests.Audio(recording));
    }

    [Fact]
    public async Task Begin_WhileTheRecorderStops_IsRefused()
    {
        using GrpcChannel nobody = GrpcChannel.ForAddress("http://127.0.0.1:9");
        CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), new MemoryRegister(), channel: nobody);
        CallWriter unsent = recorder.Begin(OneLeg);
        unsent.Complete();
        await UntilAsync(() => recorder.ActiveCalls == 0);

        // The stop begins after the recorder was asked whether it stops, and before it counts the call.
        using CancellationTokenSource enough = new();
        Task? stopping = null;
        HookedLegs legs = new(() =>
        {
            stopping = recorder.StopAsync(enough.Token);
            Thread.Sleep(500);
        });
        Assert.Throws<ObjectDisposedException>(() => recorder.Begin(new CallMetadata { CallId = "late", Legs = legs }));
        Assert.Equal(0, recorder.ActiveCalls);
        await enough.CancelAsync();
        await stopping!.WaitAsync(Patience);
    }

    [Fact]
    public async Task Register_BlocksItsThreadThenThrows_NeitherCallsNorTheStopWaitForIt()
    {
        string folder = Path.Combine(fixture.Folder, "blocked");
        using ManualResetEventSlim blocked = new();
        MemoryRegister register = new() { Blocked = blocked };
        CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register, folder: folder);
        try
        {
            CallWriter call = recorder.Begin(OneLeg);
            await call.Started.WaitAsync(Patience);
            call.Complete();
            await call.Durable.WaitAsync(Patience);
            await recorder.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Patience);
        }
        finally
        {
            register.Failure = new RegisterException("It was cancelled.");
            blocked.Set();
        }

        await UntilAsync(() => register.Thrown > 0);
        await AssertNextRecorderKeepsItsRowAsync(folder, register);
    }

    [Fact]
    public async Task Register_ThrowsWhileItIsCancelled_TheStopIsOrderly()
    {
        string folder = Path.Combine(fixture.Folder, "throws");
        using ManualResetEventSlim blocked = new();
        MemoryRegister register = new();
        CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register, folder: folder);
        CallWriter call = recorder.Begin(OneLeg);
        await call.Started.WaitAsync(Patience);
        register.Blocked = blocked;
        Task stopping = recorder.StopAsync(new CancellationToken(canceled: true));
        await UntilAsync(() => recorder.ActiveCalls == 0);
        await Task.Delay(500);
        register.Failure = new RegisterException("It was cancelled.");
        blocked.Set();
        await stopping.WaitAsync(Patience);

        await AssertNextRecorderKeepsItsRowAsync(folder, register);
    }

    [Fact]
    public async Task Logger_Throws_NothingEndsByIt()
    {
        using BrokenLog log = new();
        await using FaultProxy wire = FaultProxy.Start(new Uri(fixture.Address).Port);
        wire.Refuses = true;
        using GrpcChannel channel = GrpcChannel.ForAddress(wire.Address);
        MemoryRegister register = new() { Failure = new RegisterException("The disk is full, the log's too.") };
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register, channel: channel, log: log);
        CallWriter call = recorder.Begin(OneLeg);
        await call.Started.WaitAsync(Patience);
        call.Complete();
        await UntilAsync(() => log.Thrown > 2 && recorder.ActiveCalls == 0);
        register.Failure = null;
        wire.Refuses = false;
        await call.Durable.WaitAsync(Patience);
        await recorder.DrainAsync().WaitAsync(Patience);
        Assert.Equal(1, register.Count);
    }

    private async Task AssertNextRecorderKeepsItsRowAsync(string folder, MemoryRegister register)
    {
        register.Failure = null;
        await using CallRecorder next = await fixture.StartAsync(fixture.Policy(50), register, folder: folder);
        await next.DrainAsync().WaitAsync(Patience);
        Assert.Equal(1, register.Count);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        long begun = Environment.TickCount64;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 - begun < Patience.TotalMilliseconds, "It does not come about.");
            await Task.Delay(10);
        }
    }

    /// <summary>Legs that do something the first time that somebody looks at them.</summary>
    private sealed class HookedLegs(Action hook) : IReadOnlyList<Leg>
    {
        private readonly Leg[] _legs = [Leg.Pcma("caller")];
        private Action? _hook = hook;

        public int Count
        {
            get
            {
                Interlocked.Exchange(ref _hook, null)?.Invoke();
                return _legs.Length;
            }
        }

        public Leg this[int index] => _legs[index];

        public IEnumerator<Leg> GetEnumerator() => ((IEnumerable<Leg>)_legs).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>A log whose every word fails.</summary>
    private sealed class BrokenLog : ILoggerFactory, ILogger
    {
        private int _thrown;

        public int Thrown => Volatile.Read(ref _thrown);

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _thrown);
            throw new IOException("The log's disk is full.");
        }
    }
}
