using LiveGateway.Audio;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Calls;

/// <summary>One call: what is spoken on its legs, and the writer that records it.</summary>
internal sealed class LiveCall
{
    // Calls that share a dialogue begin at different places in it.
    private const int Shift = 137;

    private readonly HashSet<int>[] _refused;
    private readonly int[] _done;

    public LiveCall(int number, IReadOnlyList<(AudioTrack Caller, AudioTrack Callee)> pairs)
    {
        (AudioTrack caller, AudioTrack callee) = pairs[number % pairs.Count];
        int from = number / pairs.Count * Shift;
        Name = $"call-{number + 1:D2}";
        Metadata = CallSheet.Fill(number, caller, callee);

        // A voice that speaks to itself is heard from its middle on, so that the legs differ.
        int calleeFrom = ReferenceEquals(caller, callee) ? from + (callee.Frames / 2) : from;
        Legs =
        [
            new LegSource(caller, Metadata.Legs[0], from, 2 * number, pressesKeys: true),
            new LegSource(callee, Metadata.Legs[1], calleeFrom, (2 * number) + 1, pressesKeys: false),
        ];
        BitRate = Math.Max(caller.BitRate, callee.BitRate);
        LongestPacket = Math.Max(caller.BytesPerFrame, callee.BytesPerFrame) + 16;
        _refused = [[], []];
        _done = new int[Legs.Count];
    }

    public string Name { get; }

    public CallMetadata Metadata { get; }

    public IReadOnlyList<LegSource> Legs { get; }

    /// <summary>The higher of the legs', in bits per second.</summary>
    public int BitRate { get; }

    public int LongestPacket { get; }

    /// <summary>Told of every frame; null where nobody listens.</summary>
    public Action<int, int, WriteResult>? Noted { get; set; }

    public CallWriter Writer { get; private set; } = null!;

    public Receipt Receipt { get; private set; } = null!;

    /// <summary>Frames that the recorder took so far.</summary>
    public long FramesWritten => _done.Sum(done => (long)done) - FramesRefused;

    /// <summary>Frames that the recorder did not take; the recording has a gap in their place.</summary>
    public long FramesRefused => _refused.Sum(refused => (long)refused.Count);

    /// <summary>How many frames of a leg were offered to the recorder.</summary>
    public int SlotsOf(int leg) => _done[leg];

    public void Begin(CallRecorder recorder) => Writer = recorder.Begin(Metadata);

    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken) =>
        Receipt = await Writer.Durable.WaitAsync(patience, cancellationToken);

    /// <summary>Called by the leg's media thread alone.</summary>
    public void Written(int leg, int slot, WriteResult result)
    {
        if (result != WriteResult.Accepted)
        {
            _refused[leg].Add(slot);
        }

        _done[leg] = slot + 1;
        Noted?.Invoke(leg, slot, result);
    }

    /// <summary>The frames that went into a leg, in their order.</summary>
    public IEnumerable<SentFrame> Sent(int leg) =>
        Enumerable.Range(0, _done[leg]).Where(slot => !_refused[leg].Contains(slot)).Select(slot => Legs[leg][slot]);

    /// <summary>The frames of all legs, in the order of the slots in which they were written.</summary>
    public IEnumerable<(int Leg, SentFrame Frame)> Sent()
    {
        for (int slot = 0; slot < _done.Max(); slot++)
        {
            for (int leg = 0; leg < Legs.Count; leg++)
            {
                if (slot < _done[leg] && !_refused[leg].Contains(slot))
                {
                    yield return (leg, Legs[leg][slot]);
                }
            }
        }
    }
}
