using LiveGateway.Attacks;
using LiveGateway.Audio;
using LiveGateway.Calls;
using LiveGateway.Deaths;
using LiveGateway.Format;
using LiveGateway.ReadBack;
using LiveGateway.Search;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;

namespace LiveGateway;

/// <summary>The whole run: record, read back, look at what the archive holds, attack it.</summary>
internal sealed class Job
{
    private const double NoiseBits = 7.9;
    private const int ControlsPlanted = 3;

    private readonly JobOptions _options;
    private readonly Screen _screen;
    private readonly Workspace _workspace;
    private readonly Customer _customer;
    private readonly IReadOnlyList<LiveCall> _calls;
    private readonly IReadOnlyList<LiveCall> _doomed;
    private readonly List<string> _problems = [];

    private Job(JobOptions options, Screen screen, Workspace workspace, Customer customer, IReadOnlyList<LiveCall> calls, IReadOnlyList<LiveCall> doomed)
    {
        _doomed = doomed;
        _options = options;
        _screen = screen;
        _workspace = workspace;
        _customer = customer;
        _calls = calls;
    }

    public static async Task<RunResult> RunAsync(JobOptions options, Screen screen, CancellationToken cancellationToken)
    {
        IReadOnlyList<(AudioTrack, AudioTrack)> audio = AudioFiles.Read(options.Input ?? AudioFiles.Own);
        using Workspace workspace = Workspace.Create(options);
        await using Customer customer = Customer.Create(workspace, options);
        LiveCall[] calls = [.. Enumerable.Range(0, options.Calls).Select(i => new LiveCall(i, audio))];
        return await new Job(options, screen, workspace, customer, calls, GatewayDeath.Calls(options, audio)).RunAsync(cancellationToken);
    }

    private async Task<RunResult> RunAsync(CancellationToken cancellationToken)
    {
        Recorded recorded;
        Desk desk;
        Task<Forgery> forgery;
        Recovered recovered;
        int archiveKills;
        RecordingPolicy policy = Policies.For(_customer.Recipients, _customer.Gateway, _options.Suite, _options.Speed, _calls);
        await using (ArchiveLink archive = await ArchiveLink.OpenAsync(_workspace, _options, cancellationToken))
        {
            ShowStart(archive);
            using LiveRun run = new(_options, _screen, _customer, _calls, archive);
            recorded = await run.RunAsync(policy, cancellationToken);
            ShowRecorded(recorded, run.Notes, archive);
            archiveKills = archive.Kills;
            desk = new Desk(archive.Client, _customer, _workspace);

            // These need a few seconds of real time, as every recording: so they are made meanwhile.
            forgery = Forgery.MakeAsync(_workspace, policy, _calls[0], cancellationToken);
            Task<Recovered> death = new GatewayDeath(_workspace, _customer, _options, _doomed, archive.OtherAddress).RunAsync(cancellationToken);
            try
            {
                await ReadBackAsync(desk, cancellationToken);
                recovered = await death;
                ShowRecovered(recovered);
            }
            catch
            {
                // Their processes must not be left behind.
                await Task.WhenAny(Task.WhenAll(forgery, death));
                throw;
            }
        }

        Forgery forged = await forgery;
        using StoredData stored = new(_workspace, _options, desk);
        Holdings holdings = new(_calls, stored.Read);
        Inspection inspection = await new Inspection(_workspace, _customer, [.. _calls, .. _doomed], _options.Archive is null).RunAsync(holdings, cancellationToken);
        ShowHoldings(holdings, inspection);
        IReadOnlyList<AttackOutcome> attacks = await AttackAsync(stored, forged, cancellationToken);
        return Finish(recorded, archiveKills, recovered, desk, holdings, inspection, attacks);
    }

    private void ShowStart(ArchiveLink archive)
    {
        _screen.Head("Start");
        _screen.Line($"Archive    {archive.Address}{(archive.Process is { } process ? $"  ({process}, trusts this gateway only)" : "")}");
        _screen.Line($"Gateway    {_customer.Gateway.PublicKey.ToString(TrustedKeyKind.Gateway)}");
        _screen.Line($"Active     {Short(_customer.Active.Recipient)}");
        _screen.Line($"Recovery   {Short(_customer.Recovery.Recipient)}");
        _screen.Head($"{_calls.Count} calls, two legs each, {_options.Seconds} s of {(_options.Input is null ? "speech" : "audio")}"
            + (_options.Speed > 1 ? $" at {_options.Speed:0.##} times the speed of life" : " in real time"));
    }

    private void ShowRecorded(Recorded recorded, IReadOnlyList<string> notes, ArchiveLink archive)
    {
        foreach (string note in notes)
        {
            _screen.Line(note);
        }

        long refused = _calls.Sum(call => call.FramesRefused);
        Require(refused == 0, $"{refused} frames found no room, and became gaps.");
        _screen.Check(refused == 0, $"{_calls.Sum(call => call.FramesWritten):N0} frames written; half of the writes took at most {recorded.Times.MedianMicroseconds:0.0} µs, "
            + $"the worst one {recorded.Times.WorstMicroseconds:N0} µs");
        if (_options.Archive is null)
        {
            Hold(archive.Kills == 1, $"the archive's process was killed in the middle of the calls, and was away for {archive.Away.TotalSeconds:0.0} s");
        }

        _screen.Check(true, $"{_calls.Sum(call => call.Receipt.ChunkCount):N0} chunks durable; the archive signed {_calls.Count} receipts, "
            + $"the last one {recorded.Tail.TotalSeconds:0.0} s after the calls had ended");
    }

    private void ShowRecovered(Recovered recovered)
    {
        _screen.Head("A gateway's process is killed in the middle of its calls");
        Hold(recovered.Found >= _doomed.Count, $"{recovered.Found} recordings without an end found in its spool by the next one, and recovered; the calls went on");
        Hold(recovered.Frames > 0 && recovered.Problems.Count == 0,
            $"{recovered.Frames:N0} of {recovered.Accepted:N0} frames it had accepted came back, to the last bit; the oldest one lost was {recovered.OldestLost.TotalMilliseconds:N0} ms old");
        Hold(recovered.Seams == _doomed.Count, $"{recovered.Seams} of {_doomed.Count} calls play as one over the seam");
        foreach (string problem in recovered.Problems)
        {
            Hold(false, problem);
        }
    }

    private async Task ReadBackAsync(Desk desk, CancellationToken cancellationToken)
    {
        _screen.Head("Reading back");
        foreach (LiveCall call in _calls)
        {
            await desk.ReadAsync(call, cancellationToken);
        }

        LiveCall last = _calls[^1];
        await desk.RecoverAsync(last, cancellationToken);
        await FrameList.WriteAsync(_workspace, _customer, _calls, cancellationToken);
        long written = _calls.Sum(call => call.FramesWritten);
        Hold(written > 0 && desk.Active.Read == written && desk.Active.Different == 0,
            $"{_calls.Count} calls with the active key: {desk.Active.Read:N0} of {written:N0} frames, {desk.Active.Different} different, {desk.Active.Gaps} gaps");
        Hold(last.FramesWritten > 0 && desk.Recovery.Read == last.FramesWritten && desk.Recovery.Different == 0,
            $"{last.Name} with the recovery key: {desk.Recovery.Read:N0} of {last.FramesWritten:N0} frames, {desk.Recovery.Different} different");
        foreach (string problem in desk.Problems)
        {
            Hold(false, problem);
        }
    }

    private void ShowHoldings(Holdings holdings, Inspection inspection)
    {
        _screen.Head("What the archive holds");
        foreach (string row in holdings.Hex)
        {
            _screen.Line(row);
        }

        Hold(holdings.Chunks > 0 && holdings.Sizes.Count == 1, $"{holdings.Chunks:N0} chunks of {string.Join(" or ", holdings.Sizes.Select(size => $"{size:N0}"))} bytes, in talk and in silence");
        Hold(holdings.StoredEntropy > NoiseBits, $"entropy of the chunks {holdings.StoredEntropy:0.0000} bits a byte; of the audio that went in {holdings.SpokenEntropy:0.00}");
        Hold(inspection is { PlaintextFound: 0, Files: > 0, Bytes: > 0 },
            $"{inspection.Files} files searched, {inspection.Bytes:N0} bytes: {inspection.Searched}");
        _screen.Line($"    for any 32 bytes of {inspection.AudioBytes:N0} bytes of audio, {inspection.TextNeedles:N0} names and numbers, {inspection.KeyNeedles:N0} keys: {inspection.PlaintextFound} found");
        foreach (Hit hit in inspection.Hits.Take(5))
        {
            _problems.Add($"Found in {Path.GetFileName(hit.File)} at byte {hit.Offset}: {hit.What}.");
            _screen.Check(false, _problems[^1]);
        }

        Hold(inspection.ControlsFound == ControlsPlanted, $"{inspection.ControlsFound} of {ControlsPlanted} controls found: a frame, a name and a key that were planted in a copy");
        Hold(inspection.CiphertextFound == holdings.LookedFor && holdings.LookedFor > 0,
            $"{inspection.CiphertextFound:N0} of {holdings.LookedFor:N0} stored chunks found as they are: nothing is compressed or hidden from the search");
    }

    private async Task<IReadOnlyList<AttackOutcome>> AttackAsync(StoredData stored, Forgery forged, CancellationToken cancellationToken)
    {
        _screen.Head("Attacks on the stored data, below the archive's own checks");
        AttackRun run = new(_workspace, _customer, _calls, forged);
        IReadOnlyList<AttackOutcome> outcomes = await run.RunAsync(stored.Read, Report, cancellationToken);
        int detected = outcomes.Count(outcome => outcome.IsDetected);
        Hold(outcomes.Count > 0 && detected == outcomes.Count, $"{detected} of {outcomes.Count} attacks detected; nothing was released that had not been written");
        return outcomes;
    }

    private void Report(AttackOutcome outcome)
    {
        _screen.Check(outcome.IsDetected, $"{outcome.Attack.Name,-50} {outcome.State,-11} {outcome.Where,-18} {(outcome.IsDetected ? "" : outcome.Finding)}".TrimEnd());
        if (!outcome.IsDetected)
        {
            _problems.Add($"The attack '{outcome.Attack.Name}' on {outcome.Call} was not noticed as it must be: {outcome.State}, {outcome.Where}. {outcome.Finding}");
        }
    }

    private RunResult Finish(Recorded recorded, int archiveKills, Recovered recovered, Desk desk, Holdings holdings, Inspection inspection, IReadOnlyList<AttackOutcome> attacks)
    {
        if (_workspace.KeepsOut)
        {
            string example = desk.PathOf(_calls[0], ".wav");
            _screen.Head("Listen");
            _screen.Line($"play {example}          (caller left, assistant right; any player will do)");
            _screen.Line($"{_workspace.Out} has the calls as WAV, and as .zkc: encrypted still, with .zkenv");
        }

        _screen.Head(_problems.Count == 0 ? "All of it holds." : $"{_problems.Count} things do not hold.");
        if (_options.Json)
        {
            _problems.ForEach(Console.Error.WriteLine);
        }

        return new RunResult
        {
            Calls = _calls.Count,
            Seconds = _options.Seconds,
            FramesWritten = _calls.Sum(call => call.FramesWritten),
            FramesRead = desk.Active.Read,
            FramesDifferent = desk.Active.Different + desk.Recovery.Different,
            GapFrames = desk.Active.Gaps,
            Chunks = holdings.Chunks,
            ChunkSizesSeen = holdings.Sizes.Count,
            ArchiveBytes = inspection.ArchiveBytes,
            PlaintextFound = inspection.PlaintextFound,
            ControlsFound = inspection.ControlsFound,
            AttacksTried = attacks.Count,
            AttacksDetected = attacks.Count(outcome => outcome.IsDetected),
            ArchiveKills = archiveKills,
            GatewayKills = 1,
            FramesRecovered = recovered.Frames,
            WorstWriteMicroseconds = Math.Round(recorded.Times.WorstMicroseconds, 1),
            Ok = _problems.Count == 0,
        };
    }

    private void Hold(bool holds, string text)
    {
        Require(holds, text);
        _screen.Check(holds, text);
    }

    private void Require(bool holds, string text)
    {
        if (!holds)
        {
            _problems.Add(text);
        }
    }

    // The recipients' strings have 1,959 characters.
    private static string Short(Recipient recipient) => $"{recipient.ToString()[..40]}…";
}
