using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One thread that gives many recordings their ticks: a wheel of short slots, in which a recording stands at its next tick. A tick missed is skipped,
/// never made up in a burst. A step is one chunk of one recording, so no call keeps the others waiting.
/// </summary>
internal sealed class TickPump : IDisposable
{
    private const int SlotMs = 5;
    private const int Slots = 16_384;

    private readonly Slot[] _wheel = new Slot[Slots];
    private readonly ConcurrentQueue<RecordingLife> _arriving = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ChunkEmitter _emitter;
    private readonly Func<long> _clock;
    private readonly Thread _thread;
    private volatile bool _stopping;
    private long _slot;

    public TickPump(ChunkEmitter emitter, Func<long> clock, int number)
    {
        _emitter = emitter;
        _clock = clock;
        _slot = clock() / SlotMs;
        _thread = new Thread(Run) { IsBackground = true, Name = $"zkcalls pump {number}" };
        _thread.Start();
    }

    /// <summary>A recording that is set up gets ticks from now on.</summary>
    public void Add(RecordingLife life) => _arriving.Enqueue(life);

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            long now = _clock();
            while (_arriving.TryDequeue(out RecordingLife? life))
            {
                Place(life, now);
            }

            for (long current = now / SlotMs; _slot <= current; _slot++)
            {
                Turn();
            }

            _wake.WaitOne(SlotMs);
        }
    }

    private void Turn()
    {
        Slot slot = _wheel[_slot % Slots];
        if (slot.Count == 0)
        {
            return;
        }

        _wheel[_slot % Slots] = default;
        _emitter.BeginPass(slot.Count);
        for (RecordingLife? life = slot.First, next; life is not null; life = next)
        {
            next = life.NextInSlot;
            life.NextInSlot = null;
            // After a pause of the process the wheel is behind; what counts is the clock at the moment of each step.
            long now = _clock();
            if (now < life.DueMs || _emitter.Tick(life, now))
            {
                Place(life, now);
            }
        }

        _emitter.EndPass();
    }

    // The end of the tick that runs now, a little late rather than early.
    private void Place(RecordingLife life, long now)
    {
        long since = now - life.BegunMs;
        life.DueMs = life.BegunMs + (((since / life.TickMs) + 1) * life.TickMs);
        ref Slot slot = ref _wheel[Math.Max((life.DueMs / SlotMs) + 1, _slot + 1) % Slots];
        life.NextInSlot = slot.First;
        slot = new Slot(life, slot.Count + 1);
    }

    // The recordings of a slot are chained by themselves, so a pump allocates nothing however they are spread.
    private readonly record struct Slot(RecordingLife? First, int Count);
}
