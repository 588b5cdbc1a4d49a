using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>A connection that reads rows. Used by one thread at a time.</summary>
internal sealed class RegisterReader : IDisposable
{
    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly PreparedSql _begin, _commit, _byCoreId, _byRecordingId, _byBegun, _envelope, _evidence, _hold;

    private RegisterReader(string path, SqliteConnection connection)
    {
        _path = path;
        _connection = connection;
        _begin = new PreparedSql(_connection, "BEGIN");
        _commit = new PreparedSql(_connection, "COMMIT");
        _byCoreId = new PreparedSql(_connection, $"SELECT {StoredRow.Columns} FROM recording WHERE core_id = $1", 1);
        _byRecordingId = new PreparedSql(_connection, $"SELECT {StoredRow.Columns} FROM recording WHERE recording_id = $1 ORDER BY begun, core_id", 1);
        _byBegun = new PreparedSql(
            _connection, $"SELECT {StoredRow.Columns} FROM recording WHERE (begun, core_id) > ($1, $2) AND begun <= $3 ORDER BY begun, core_id LIMIT $4", 4);
        _envelope = new PreparedSql(_connection, "SELECT padded FROM envelope WHERE recording = $1", 1);
        _evidence = new PreparedSql(_connection, "SELECT kind, bytes FROM evidence WHERE recording = $1 ORDER BY id", 1);
        _hold = new PreparedSql(_connection, "SELECT reason FROM hold WHERE recording = $1", 1);
    }

    /// <exception cref="SqliteException">SQLite's.</exception>
    public static RegisterReader Open(string path)
    {
        SqliteConnection connection = RegisterFile.OpenReader(path);
        try
        {
            return new RegisterReader(path, connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public RegisteredRecording? Find(CoreId coreId) => Read(_byCoreId.With(coreId.ToArray())).FirstOrDefault();

    public IReadOnlyList<RegisteredRecording> Find(RecordingId recordingId) => Read(_byRecordingId.With(recordingId.ToArray()));

    /// <summary>The rows after a place in the order of beginnings.</summary>
    /// <param name="begun">After this, or</param>
    /// <param name="coreId">at this, but with a higher core id than this; empty for all.</param>
    /// <param name="last">The last beginning, inclusive.</param>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<RegisteredRecording> After(long begun, byte[] coreId, long last, int count) =>
        Read(_byBegun.With(begun, coreId, last, (long)count));

    public void Dispose()
    {
        foreach (PreparedSql sql in (ReadOnlySpan<PreparedSql>)[_begin, _commit, _byCoreId, _byRecordingId, _byBegun, _envelope, _evidence, _hold])
        {
            sql.Dispose();
        }

        _connection.Dispose();
    }

    // In a transaction: a row, its envelope and its evidence are of one moment. If this throws, the reader is thrown away.
    private List<RegisteredRecording> Read(PreparedSql query)
    {
        _begin.Run();
        List<StoredRow> rows = [];
        using (SqliteDataReader reader = query.Query())
        {
            while (reader.Read())
            {
                rows.Add(new StoredRow(_path, reader));
            }
        }

        List<RegisteredRecording> recordings = new(rows.Count);
        foreach (StoredRow row in rows)
        {
            using SqliteDataReader envelope = _envelope.With(row.Id).Query();
            using SqliteDataReader evidence = _evidence.With(row.Id).Query();
            using SqliteDataReader hold = _hold.With(row.Id).Query();
            recordings.Add(row.Complete(envelope, evidence, hold));
        }

        _commit.Run();
        return recordings;
    }
}
