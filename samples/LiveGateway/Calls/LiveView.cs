using System.Diagnostics;
using System.Diagnostics.Metrics;
using Spectre.Console;
using Spectre.Console.Rendering;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Calls;

/// <summary>Follows the calls while they run: what the recorder's meter counts, and what the archive says it has.</summary>
internal sealed class LiveView : IDisposable
{
    private const int MaxRows = 12;
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(500);

    private readonly MeterListener _meter = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly IReadOnlyList<LiveCall> _calls;
    private readonly ArchiveClient _archive;
    private readonly Dictionary<RecordingId, int> _durable = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _polling;
    private long _encrypted;
    private int _chunkSize;

    public LiveView(IReadOnlyList<LiveCall> calls, ArchiveClient archive)
    {
        _calls = calls;
        _archive = archive;
        _meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Name: "zkcalls.chunks.encrypted", Meter.Name: "ZeroKnowledge.Calls" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meter.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _encrypted, value));
        _meter.Start();
        _polling = PollAsync();
    }

    /// <summary>Chunks that the recorder has encrypted.</summary>
    public long Encrypted => Interlocked.Read(ref _encrypted);

    public IRenderable Draw()
    {
        Table table = new() { Border = TableBorder.Rounded, Title = new TableTitle($"{_clock.Elapsed.TotalSeconds:N0} s") };
        foreach (string head in new[] { "call", "caller", "frames written", "chunks durable", "bytes stored" })
        {
            table.AddColumn(head, column => column.Alignment = head is "call" or "caller" ? Justify.Left : Justify.Right);
        }

        lock (_durable)
        {
            foreach (LiveCall call in _calls.Take(MaxRows))
            {
                int durable = _durable.GetValueOrDefault(call.Writer.RecordingId);
                Row(table, call.Name, call.Metadata.Parties[0].Name, call.FramesWritten, durable);
            }

            if (_calls.Count > MaxRows)
            {
                table.AddRow($"and {_calls.Count - MaxRows} more");
            }

            Row(table, $"{_calls.Count} calls", $"{Encrypted:N0} chunks encrypted", _calls.Sum(call => call.FramesWritten), _durable.Values.Sum());
        }

        return table;
    }

    public string Tell()
    {
        lock (_durable)
        {
            long durable = _durable.Values.Sum();
            return $"{_clock.Elapsed.TotalSeconds,3:N0} s   {_calls.Count} calls   {_calls.Sum(call => call.FramesWritten),6:N0} frames written   "
                + $"{Encrypted,4:N0} chunks encrypted   {durable,4:N0} durable   {durable * _chunkSize,11:N0} bytes stored";
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _polling;
    }

    public void Dispose()
    {
        _meter.Dispose();
        _stop.Dispose();
    }

    private void Row(Table table, string name, string caller, long frames, int durable) => table.AddRow(
        new Text(name), new Text(caller), new Text($"{frames:N0}"), new Text($"{durable:N0}"), new Text($"{(long)durable * _chunkSize:N0}"));

    /// <summary>Asks the archive what it has. What it lists is durable: written and synced.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        HashSet<RecordingId> ours = [.. _calls.Select(call => call.Writer.RecordingId)];
        await foreach (ArchivedRecording recording in _archive.ListAsync(cancellationToken))
        {
            if (recording.Header is { } header && ours.Contains(header.RecordingId))
            {
                lock (_durable)
                {
                    _durable[header.RecordingId] = recording.Chunks;
                    _chunkSize = header.StoredChunkSize;
                }
            }
        }
    }

    private async Task PollAsync()
    {
        try
        {
            while (true)
            {
                await TryRefreshAsync();
                await Task.Delay(PollEvery, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The calls are over.
        }
    }

    private async Task TryRefreshAsync()
    {
        try
        {
            await RefreshAsync(_stop.Token);
        }
        catch (ArchiveException)
        {
            // Only a view: what counts is each call's receipt. The archive may be away.
        }
    }
}
