namespace ZeroKnowledge.Calls.Faults;

/// <summary>The frames of one leg of a call that one life of a gateway was given: a few bytes a frame, for there are millions.</summary>
internal sealed class ExpectedRun
{
    private const int Refused = -1;
    private const int Whole = int.MaxValue;

    // How old a frame was when the process was killed, in ms.
    private readonly int[] _ages;
    private readonly bool[] _found;

    /// <param name="slot">From which ledger.</param>
    /// <param name="leg">Which leg.</param>
    /// <param name="ageOf">How old a frame that was accepted then was at the end, in ms; <see cref="int.MaxValue"/> if every frame must be there.</param>
    /// <param name="boundMs">What is older must be there.</param>
    public ExpectedRun(LedgerSlot slot, int leg, Func<long, int> ageOf, int boundMs)
    {
        Call = slot.Call;
        Leg = leg;
        FirstSequence = slot.FirstSequence;
        BoundMs = boundMs;
        int written = slot.Written(leg);
        _ages = new int[written];
        // One more may have been on its way when the process was killed.
        _found = new bool[written + 1];
        for (int i = 0; i < written; i++)
        {
            _ages[i] = slot.AcceptedAt(leg, i) is { } at ? ageOf(at) : Refused;
        }
    }

    public int Call { get; }

    public int Leg { get; }

    public int FirstSequence { get; }

    public int BoundMs { get; }

    public int Accepted => _ages.Count(age => age != Refused);

    public int RefusedFrames => _ages.Length - Accepted;

    /// <summary>The oldest frame that was accepted and is missing although it need not be there, in ms.</summary>
    public int OldestLostMs => Missing.Where(frame => frame.AgeMs <= BoundMs).Select(frame => frame.AgeMs).DefaultIfEmpty().Max();

    /// <summary>What must be in a recording and was not found.</summary>
    public IEnumerable<string> Violations => Missing.Where(frame => frame.AgeMs > BoundMs).Select(frame =>
        $"frame {frame.Sequence} of leg {Leg} of call {Call} is missing, " + (frame.AgeMs == Whole ? "accepted by a gateway that was stopped in order" : $"accepted {frame.AgeMs} ms before the kill"));

    private IEnumerable<(int Sequence, int AgeMs)> Missing =>
        Enumerable.Range(0, _ages.Length).Where(i => _ages[i] != Refused && !_found[i]).Select(i => (FirstSequence + i, _ages[i]));

    /// <summary>Whether a sequence is one of this life.</summary>
    public bool Contains(int sequence) => sequence - FirstSequence is var i && i >= 0 && i < _found.Length;

    /// <summary>A frame was read.</summary>
    /// <returns>What is wrong with that; null if nothing is.</returns>
    public string? Find(int sequence)
    {
        int i = sequence - FirstSequence;
        string? wrong = _found[i] ? "is there twice" : i < _ages.Length && _ages[i] == Refused ? "is there, although it was refused" : null;
        _found[i] = true;
        return wrong;
    }
}
