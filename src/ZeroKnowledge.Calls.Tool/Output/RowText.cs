using System.Globalization;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>A row of the register, judged by its signed statements.</summary>
internal sealed class RowText
{
    private readonly RegisteredRecording _row;
    private readonly StatementSet? _statements;

    public RowText(RegisteredRecording row, TrustList trust)
    {
        _row = row;
        if (row.Header.IsTrusted(trust))
        {
            _statements = new StatementSet(row.Header, trust);
            foreach (Statement statement in row.Statements)
            {
                _statements.Add(statement.ToArray());
            }
        }
    }

    public int Chunks => _statements?.Newest?.ChunkCount ?? 0;

    public TimeSpan Length => Chunks * _row.Header.Tick;

    public string State => _statements is null ? "not trusted"
        : _statements.IsForked ? "forked"
        : _statements.Seal is { } seal ? $"sealed, {seal.Reason.ToString().ToLowerInvariant()}"
        : _statements.Newest?.Type == StatementType.Recovery ? "recovered"
        : "open";

    public string Keys => Version
        + (_row.Envelope is { IsClassical: true } ? ", CLASSICAL" : "") + (_row.Hold is null ? "" : ", legal hold");

    private string Version => _row.Envelope is null ? "erased" : _row.Erasures.Count > 0 ? $"version {_row.Envelope.Version}, part erased" : $"version {_row.Envelope.Version}";

    public JsonObject ToJson() => new()
    {
        ["recordingId"] = _row.Header.RecordingId.ToString(),
        ["coreId"] = _row.Header.CoreId.ToString(),
        ["begun"] = _row.Header.Begun.ToString("O", CultureInfo.InvariantCulture),
        ["suite"] = _row.Header.Suite.ToString(),
        ["tickMs"] = _row.Header.TickMs,
        ["chunks"] = Chunks,
        ["seconds"] = Length.TotalSeconds,
        ["storedChunkBytes"] = _row.Header.StoredChunkSize,
        ["state"] = State,
        ["continues"] = _row.Header.Previous.IsZero ? null : _row.Header.Previous.ToString(),
        ["envelopeVersion"] = _row.Envelope?.Version,
        ["recipients"] = _row.Envelope?.RecipientCount,
        ["classical"] = _row.Envelope?.IsClassical,
        ["statements"] = _row.Statements.Count,
        ["receipts"] = _row.Receipts.Count,
        ["hold"] = _row.Hold,
        ["erasures"] = new JsonArray([.. _row.Erasures.Select(ErasureText.ToJson)]),
    };

    public IEnumerable<(string Name, string Value)> Fields()
    {
        RecordingHeader header = _row.Header;
        yield return ("recording", header.RecordingId.ToString());
        yield return ("core id", header.CoreId.ToString());
        yield return ("begun", $"{header.Begun:u}");
        yield return ("length", $"{TimeText.Shown(Length)}, {Chunks} chunks of {header.Tick.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s and {header.StoredChunkSize:N0} bytes");
        yield return ("state", $"{State}; {_row.Statements.Count} statements, {_row.Receipts.Count} receipts in the register");
        yield return ("suite", header.Suite.ToString());
        if (!header.Previous.IsZero)
        {
            yield return ("continues", header.Previous.ToString());
        }

        yield return ("keys", _row.Envelope is { } envelope ? $"{Version}, {EnvelopeText.Recipients(envelope)}" : "erased: the register has no envelope");
        if (_row.Hold is { } hold)
        {
            yield return ("legal hold", hold);
        }

        foreach (ErasureCertificate erasure in _row.Erasures)
        {
            yield return ("erased", ErasureText.Shown(erasure, header.Tick));
        }
    }
}
