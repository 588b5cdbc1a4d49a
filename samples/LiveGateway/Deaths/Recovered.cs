using LiveGateway.Calls;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Deaths;

/// <summary>What came back of the calls of a gateway that was killed.</summary>
/// <param name="calls">The calls.</param>
/// <param name="bound">What had been accepted longer before the kill must be there.</param>
internal sealed class Recovered(IReadOnlyList<LiveCall> calls, TimeSpan bound)
{
    private const int LongestLeg = ushort.MaxValue;

    private readonly HashSet<(int Call, int Leg, int Slot)> _required = [];
    private readonly List<string> _problems = [];

    /// <summary>Recordings that the next life found in the spool.</summary>
    public int Found { get; set; }

    /// <summary>Frames that the killed gateway had accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>Those of them that came back.</summary>
    public long Frames { get; private set; }

    /// <summary>The oldest one that did not come back: how long before the kill it had been accepted.</summary>
    public TimeSpan OldestLost { get; private set; }

    public int Seams { get; private set; }

    /// <summary>What did not hold, in sentences.</summary>
    public IReadOnlyList<string> Problems => _problems;

    private Dictionary<(int Call, int Leg, int Slot), TimeSpan> Ages { get; } = [];

    /// <summary>Takes what a killed process had noted of a call.</summary>
    public void Expect(int call, AcceptedFrames ledger, long killedAt)
    {
        for (int leg = 0; leg < calls[call].Legs.Count; leg++)
        {
            foreach ((int slot, bool isAccepted, TimeSpan age) in ledger.Read(call, leg, killedAt))
            {
                calls[call].Written(leg, slot, isAccepted ? WriteResult.Accepted : WriteResult.Dropped);
                if (isAccepted)
                {
                    Accepted++;
                    Ages.Add((call, leg, slot), age);
                    if (age > bound)
                    {
                        _required.Add((call, leg, slot));
                    }
                }
            }
        }

        // Both legs go on at the same place; the one frame that was under way when the process was killed may be there or not.
        int next = calls[call].SlotsOf(0) > calls[call].SlotsOf(1) ? calls[call].SlotsOf(0) : calls[call].SlotsOf(1);
        for (int leg = 0; leg < calls[call].Legs.Count; leg++)
        {
            calls[call].Written(leg, next, WriteResult.Ended);
        }
    }

    /// <summary>Reads both recordings of a call as one.</summary>
    public async Task ReadAsync(ArchiveClient archive, Customer customer, LiveCall call, CancellationToken cancellationToken)
    {
        int number = calls.ToList().IndexOf(call);
        await using Recording after = await archive.OpenAsync(call.Receipt.CoreId, customer.Reader(customer.Active), cancellationToken);
        if (after.Header.Previous.IsZero)
        {
            _problems.Add($"{call.Name} went on, but not in a linked recording.");
            return;
        }

        await using Recording before = await archive.OpenAsync(after.Header.Previous, customer.Reader(customer.Active), cancellationToken);
        RecordingReport first = await before.VerifyAsync(cancellationToken: cancellationToken), second = await after.VerifyAsync(cancellationToken: cancellationToken);
        if (first.State != RecordingState.Recovered || second.State != RecordingState.Complete)
        {
            _problems.Add($"{call.Name} is {first.State} before the kill and {second.State} after it. {string.Join(' ', first.Findings.Concat(second.Findings))}");
        }

        LinkedCall linked = LinkedCall.Join(before, after);
        Seams += linked.Seams.Count;
        HashSet<(int Leg, int Slot)> found = [];
        await foreach ((Recording recording, Frame frame) in linked.ReadFramesAsync(cancellationToken))
        {
            if (frame.Kind is not (FrameKind.Audio or FrameKind.Event))
            {
                continue;
            }

            int slot = (frame.Sequence - call.Legs[frame.Leg][0].Sequence) & LongestLeg;
            if (!call.Legs[frame.Leg][slot].Is(frame) || !found.Add((frame.Leg, slot)))
            {
                _problems.Add($"{call.Name}: frame {slot} of leg {frame.Leg} is not what was written, or is there twice.");
            }
            else if (ReferenceEquals(recording, before))
            {
                Frames++;
                Ages.Remove((number, frame.Leg, slot));
            }
        }

        Judge(number, call, found);
    }

    private void Judge(int number, LiveCall call, HashSet<(int Leg, int Slot)> found)
    {
        int missing = _required.Count(frame => frame.Call == number && !found.Contains((frame.Leg, frame.Slot)));
        if (missing > 0)
        {
            _problems.Add($"{call.Name}: {missing} frames are missing that were accepted more than {bound.TotalMilliseconds:N0} ms before the kill.");
        }

        foreach (((int of, int _, int _), TimeSpan age) in Ages)
        {
            OldestLost = of == number && age > OldestLost ? age : OldestLost;
        }
    }
}
