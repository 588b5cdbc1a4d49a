using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>Reads every recording of an archive as its owner does, and compares the frames with what a gateway was given.</summary>
internal sealed class RecordingsCheck(GrpcChannel channel, ReaderOptions options, ExpectedFrames expected)
{
    private const int Named = 5;

    private readonly ArchiveClient _archive = new(channel);
    private readonly List<string> _violations = [];

    public int Recordings { get; private set; }

    /// <summary>How many are in each state.</summary>
    public Dictionary<RecordingState, int> States { get; } = [];

    /// <summary>Places where a call goes on in another recording.</summary>
    public int Seams { get; private set; }

    public long Frames { get; private set; }

    /// <summary>Gap frames, by reason.</summary>
    public Dictionary<GapReason, int> Gaps { get; } = [];

    /// <summary>How old the oldest frame was that is missing and may be, in ms before the kill.</summary>
    public int OldestLostMs { get; private set; }

    /// <summary>Reads everything.</summary>
    /// <param name="mayBeOpen">States that are right beside Complete and Recovered.</param>
    /// <returns>What does not hold, a sentence each.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(params RecordingState[] mayBeOpen)
    {
        Dictionary<string, List<Recording>> calls = [];
        try
        {
            await foreach (ArchivedRecording listed in _archive.ListAsync())
            {
                Recording recording = await _archive.OpenAsync(listed.CoreId, options);
                await VerifyAsync(recording, mayBeOpen);
                string call = recording.Metadata?.CallId ?? "";
                if (!calls.TryGetValue(call, out List<Recording>? recordings))
                {
                    calls.Add(call, recordings = []);
                }

                recordings.Add(recording);
            }

            foreach ((string call, List<Recording> recordings) in calls)
            {
                await ReadAsync(call, recordings);
            }
        }
        finally
        {
            foreach (Recording recording in calls.Values.SelectMany(recordings => recordings))
            {
                await recording.DisposeAsync();
            }
        }

        Compare();
        return _violations;
    }

    private async Task VerifyAsync(Recording recording, RecordingState[] mayBeOpen)
    {
        Recordings++;
        RecordingReport report = await recording.VerifyAsync();
        States[report.State] = States.GetValueOrDefault(report.State) + 1;
        if (report.State is not (RecordingState.Complete or RecordingState.Recovered) && !mayBeOpen.Contains(report.State))
        {
            _violations.Add($"recording {recording.Header.CoreId} of {recording.Metadata?.CallId} with {report.Chunks} chunks is {report.State}: {string.Join(' ', report.Findings)}");
        }
    }

    private async Task ReadAsync(string call, List<Recording> recordings)
    {
        try
        {
            LinkedCall linked = LinkedCall.Join(InOrder(recordings));
            Seams += linked.Seams.Count;
            foreach (Recording recording in linked.Recordings)
            {
                await foreach (Frame frame in recording.ReadFramesAsync())
                {
                    Take(recording, frame);
                }
            }
        }
        catch (Exception e) when (e is CallRecordingException or InvalidOperationException)
        {
            _violations.Add($"{call}, {recordings.Count} recordings: {e.Message}");
        }
    }

    // Each names the one before it: one of them names none of the others.
    private static List<Recording> InOrder(List<Recording> recordings)
    {
        ILookup<CoreId, Recording> byPrevious = recordings.ToLookup(recording => recording.Header.Previous);
        List<Recording> ordered = [.. recordings.Where(recording => recordings.TrueForAll(other => other.Header.CoreId != recording.Header.Previous)).Take(1)];
        while (ordered.Count > 0 && ordered.Count < recordings.Count && byPrevious[ordered[^1].Header.CoreId].FirstOrDefault() is { } next)
        {
            ordered.Add(next);
        }

        return ordered.Count == recordings.Count ? ordered : throw new InvalidOperationException(
            $"they are no chain: {string.Join(", ", recordings.OrderBy(recording => recording.Header.Begun).Select(recording => $"{recording.Header.CoreId} of {recording.Header.Begun:O} continues {recording.Header.Previous}"))}.");
    }

    private void Take(Recording recording, Frame frame)
    {
        if (frame.Kind == FrameKind.Gap)
        {
            Gaps[frame.GapReason] = Gaps.GetValueOrDefault(frame.GapReason) + 1;
        }

        if (frame.Kind != FrameKind.Audio)
        {
            return;
        }

        bool isRight = FrameContent.TryRead(frame.Payload.Span, out int call, out int leg, out int sequence)
            && leg == frame.Leg && frame.Sequence == (ushort)(sequence & ushort.MaxValue) && recording.Metadata!.CallId == LoadedCall.IdOf(call);
        if (!isRight)
        {
            _violations.Add($"recording {recording.Header.CoreId} of {recording.Metadata!.CallId}, chunk {frame.Chunk}: a frame of leg {frame.Leg} is not what was written");
        }
        else if (expected.Find(call, leg, sequence) is { } wrong)
        {
            _violations.Add($"recording {recording.Header.CoreId}, chunk {frame.Chunk}: frame {sequence} of leg {leg} of call {call} {wrong}");
        }
        else
        {
            Frames++;
        }
    }

    private void Compare()
    {
        string[] missing = [.. expected.Runs.SelectMany(run => run.Violations)];
        _violations.AddRange(missing.Take(Named));
        if (missing.Length > Named)
        {
            _violations.Add($"and {missing.Length - Named} more frames are missing");
        }

        OldestLostMs = expected.Runs.Select(run => run.OldestLostMs).DefaultIfEmpty().Max();
    }
}
