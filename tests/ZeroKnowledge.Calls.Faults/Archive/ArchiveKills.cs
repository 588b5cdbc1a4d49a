using Grpc.Core;
using Grpc.Net.Client;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>Kills the archive's process at random moments under load. What it had acknowledged must be there afterwards, byte for byte.</summary>
internal sealed class ArchiveKills : IAsyncDisposable
{
    private const int Live = 24;
    private const int KilledWhileStarting = 5;
    private const int ReadAgain = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-archive-kills-").FullName;
    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly Identity _identity = Identity.Generate();
    private readonly SecretSlabs _slabs = new(LockedMemory.Preferred);
    private readonly ArchiveProcess _archive;
    private readonly RecordingPolicy _policy;
    private readonly Random _random;
    private readonly List<UploadedRecording> _all = [];
    private readonly List<string> _violations = [];
    private IReadOnlyList<UploadedRecording> _live = [];
    private int _whileStarting;

    private ArchiveKills(int seed)
    {
        _random = new Random(seed);
        _archive = new ArchiveProcess(_folder, Pinned.Key(TrustedKeyKind.Gateway, _gateway.PublicKey));
        _policy = new RecordingPolicy
        {
            Gateway = _gateway,
            Recipients = Recipients.Of(_identity.Recipient),
            AllowSingleRecipient = true,
            Tick = TimeSpan.FromMilliseconds(20),
            Legs = 1,
        };
    }

    public static async Task<FaultReport> RunAsync(int runs, int seed, TextWriter output)
    {
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"archive-kills: {runs} runs, seed {seed}"));
        Stopwatch clock = Stopwatch.StartNew();
        await using ArchiveKills kills = new(seed);
        kills._live = [.. Enumerable.Range(0, Live).Select(_ => kills.Begin())];
        for (int run = 1; run <= runs; run++)
        {
            await kills.KillOnceAsync(run);
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"  {run}: {kills.Acknowledged} chunks acknowledged, {kills._all.Count(r => r.Receipt is not null)} recordings sealed"));
        }

        await kills.CheckAllAsync();
        return new FaultReport(
            string.Create(
                CultureInfo.InvariantCulture,
                $"archive-kills --seed {seed}: {runs} kills, {kills._whileStarting} more while it started, {kills._all.Count} recordings, {kills.Acknowledged} acknowledged chunks read back, {clock.Elapsed.TotalSeconds:F0} s"),
            kills._violations);
    }

    public async ValueTask DisposeAsync()
    {
        await _archive.DisposeAsync();
        _all.ForEach(recording => recording.Dispose());
        _slabs.Dispose();
        _identity.Dispose();
        _gateway.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private long Acknowledged => _all.Sum(recording => (long)recording.AcknowledgedChunks);

    private UploadedRecording Begin()
    {
        UploadedRecording recording = new(_policy, _slabs, _random.Next(1, 400));
        _all.Add(recording);
        return recording;
    }

    private async Task KillOnceAsync(int run)
    {
        if (_random.Next(KilledWhileStarting) == 0)
        {
            // While it reads its log, and perhaps writes it anew.
            _archive.Launch();
            await Task.Delay(_random.Next(100, 800));
            await _archive.KillAsync();
            _whileStarting++;
        }

        int before = _all.Count;
        await _archive.StartAsync();
        using (GrpcChannel channel = _archive.Connect())
        {
            // What the last life took, and some of the earlier ones.
            List<UploadedRecording> some = [.. _live, .. Enumerable.Range(0, Math.Min(ReadAgain, before)).Select(_ => _all[_random.Next(before)])];
            await CheckAsync(new CallArchive.CallArchiveClient(channel), some, run);
            ArchiveLoad load = new(channel, _live, Begin);
            Task loading = load.RunAsync();
            await load.Answered.WaitAsync(ChildProgram.Patience);
            await Task.Delay(_random.Next(0, 600));
            await _archive.KillAsync();
            await loading;
            _live = load.Live;
            _violations.AddRange(load.Violations.Select(violation => $"run {run}: {violation}"));
        }
    }

    private async Task CheckAllAsync()
    {
        await _archive.StartAsync();
        using (GrpcChannel channel = _archive.Connect())
        {
            await CheckAsync(new CallArchive.CallArchiveClient(channel), _all, 0);
        }

        await _archive.KillAsync();
        if (await _archive.CheckAsync() is { } findings)
        {
            _violations.Add($"fsck: {findings}");
        }
    }

    private async Task CheckAsync(CallArchive.CallArchiveClient client, List<UploadedRecording> recordings, int run)
    {
        foreach (UploadedRecording recording in recordings.Distinct())
        {
            try
            {
                if (await FindFaultAsync(client, recording) is { } fault)
                {
                    _violations.Add($"after run {run - 1}: {recording.Id}: {fault}");
                }
            }
            catch (RpcException e)
            {
                _violations.Add($"after run {run - 1}: {recording.Id} with {recording.AcknowledgedChunks} acknowledged chunks: {e.Status}");
            }
        }
    }

    private static async Task<string?> FindFaultAsync(CallArchive.CallArchiveClient client, UploadedRecording recording)
    {
        int count = recording.AcknowledgedChunks;
        if (count == 0 && recording.Receipt is null)
        {
            return null;
        }

        ByteString id = ByteString.CopyFrom(recording.Id.Span);
        StoredRecording stored = await client.GetRecordingAsync(new GetRecordingRequest { CoreId = id });
        if (stored.Chunks < count || !recording.HasStatement(stored.Statements) || (recording.Receipt is not null && stored.ClosingRecord.IsEmpty))
        {
            return $"{count} chunks and a statement of {recording.AcknowledgedStatements} were acknowledged, it has {stored.Chunks} chunks and {stored.Statements.Count} statements";
        }

        using AsyncServerStreamingCall<ReadChunksResponse> call = client.ReadChunks(new ReadChunksRequest { CoreId = id, First = 0, End = (uint)count });
        int read = 0;
        await foreach (ReadChunksResponse response in call.ResponseStream.ReadAllAsync())
        {
            if (!recording.Are(read, response.Chunks))
            {
                return $"a chunk from {read} on is not what was acknowledged";
            }

            read += response.Chunks.Count;
        }

        return read == count ? null : $"{read} of {count} acknowledged chunks were read";
    }
}
