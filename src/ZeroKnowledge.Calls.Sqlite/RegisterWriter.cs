using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>The rules of a register's changes, and the transaction they run in. Used by one thread at a time.</summary>
internal sealed class RegisterWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly ReaderWriterLockSlim _gate;
    private readonly List<PreparedSql> _all = [];
    private readonly PreparedSql _begin, _commit, _save, _release, _revert;
    private readonly PreparedSql _find, _insert, _setVersion, _insertEnvelope, _setEnvelope, _deleteEnvelope, _insertEvidence, _deleteEvidence, _delete, _findHold, _addHold, _setHold, _deleteHold;
    private bool _destroyed;
    private bool _remains;

    public RegisterWriter(string path, SqliteConnection connection, ReaderWriterLockSlim gate)
    {
        Path = path;
        _gate = gate;
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _save = Prepare("SAVEPOINT change");
        _release = Prepare("RELEASE change");
        _revert = Prepare("ROLLBACK TO change");
        _find = Prepare($"SELECT {StoredRow.Columns} FROM recording WHERE core_id = $1", 1);
        _insert = Prepare(
            "INSERT INTO recording (core_id, recording_id, begun, header, envelope_version, envelope_size) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id", 6);
        _setVersion = Prepare("UPDATE recording SET envelope_version = $2, envelope_size = $3 WHERE id = $1", 3);
        _insertEnvelope = Prepare("INSERT INTO envelope (recording, padded) VALUES ($1, $2)", 2);
        _setEnvelope = Prepare("UPDATE envelope SET padded = $2 WHERE recording = $1", 2);
        _deleteEnvelope = Prepare("DELETE FROM envelope WHERE recording = $1", 1);
        _insertEvidence = Prepare("INSERT INTO evidence (recording, kind, hash, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT (recording, hash) DO NOTHING", 4);
        _deleteEvidence = Prepare("DELETE FROM evidence WHERE recording = $1", 1);
        _delete = Prepare("DELETE FROM recording WHERE id = $1", 1);
        _findHold = Prepare("SELECT count(*) FROM hold WHERE recording = $1", 1);
        _addHold = Prepare("INSERT INTO hold (recording, reason) VALUES ($1, $2) ON CONFLICT (recording) DO NOTHING", 2);
        _setHold = Prepare("INSERT INTO hold (recording, reason) VALUES ($1, $2) ON CONFLICT (recording) DO UPDATE SET reason = $2", 2);
        _deleteHold = Prepare("DELETE FROM hold WHERE recording = $1", 1);
    }

    public string Path { get; }

    public void Begin() => _begin.Run();

    public void Commit()
    {
        _gate.EnterWriteLock();
        try
        {
            _commit.Run();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Ends a transaction that failed; some errors have ended it already.</summary>
    public void Abandon()
    {
        try
        {
            PreparedSql.Run(_connection, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // "No transaction is active." Anything worse shows at the next Begin.
        }
    }

    /// <summary>Applies a change; one that is refused leaves no trace in the transaction.</summary>
    /// <param name="change">What to do.</param>
    /// <param name="destroyed">Whether it destroyed an envelope.</param>
    /// <returns>Why it was refused, or null.</returns>
    public RegisterException? Try(Action<RegisterWriter> change, out bool destroyed)
    {
        _destroyed = false;
        _save.Run();
        RegisterException? refusal = null;
        try
        {
            change(this);
        }
        catch (RegisterException e)
        {
            refusal = e;
            _destroyed = false;
            _revert.Run();
        }

        _release.Run();
        destroyed = _destroyed;
        _remains |= destroyed;
        return refusal;
    }

    /// <summary>Overwrites what is left of destroyed envelopes outside of the database file; called after a commit.</summary>
    public void OverwriteRemains()
    {
        if (_remains)
        {
            RollbackJournal.Overwrite(Path, _connection);
            _remains = false;
        }
    }

    public void Add(RegisteredRecording recording)
    {
        RegisterRules.Check(recording);
        RecordingHeader header = recording.Header;
        long id = Find(header.CoreId)?.Id ?? Insert(recording);
        if (recording.Hold is { } hold)
        {
            _addHold.With(id, hold).Run();
        }

        foreach (Statement statement in recording.Statements)
        {
            Insert(id, EvidenceKind.Statement, statement.ToArray());
        }

        foreach (Receipt receipt in recording.Receipts)
        {
            Insert(id, EvidenceKind.Receipt, receipt.ToArray());
        }

        foreach (ErasureCertificate certificate in recording.Erasures)
        {
            Insert(id, EvidenceKind.Erasure, certificate.ToArray());
        }
    }

    public void Add(RegisteredEvidence evidence)
    {
        StoredRow row = Known(evidence.CoreId);
        if (evidence.Statement is { } statement)
        {
            RegisterRules.Check(statement, row.Header);
            Insert(row.Id, EvidenceKind.Statement, statement.ToArray());
        }

        if (evidence.Receipt is { } receipt)
        {
            RegisterRules.Check(receipt, evidence.CoreId);
            Insert(row.Id, EvidenceKind.Receipt, receipt.ToArray());
        }
    }

    public void Replace(KeyEnvelope envelope)
    {
        StoredRow row = Known(envelope.CoreId);
        RequireNext(row, envelope);
        SetEnvelope(row, envelope);
    }

    public void Erase(ErasureCertificate certificate, KeyEnvelope? remaining)
    {
        StoredRow row = Known(certificate.CoreId);
        RequireFree(row);
        RegisterRules.RequireNext(certificate.CoreId, row.Version, row.IsErased, certificate.EnvelopeVersion, "erasure certificate");
        if (remaining is not null)
        {
            RequireNext(row, remaining);
            SetEnvelope(row, remaining);
        }
        else
        {
            _deleteEnvelope.With(row.Id).Run();
            _setVersion.With(row.Id, (long)certificate.EnvelopeVersion, 0L).Run();
        }

        _destroyed = true;
        Insert(row.Id, EvidenceKind.Erasure, certificate.ToArray());
    }

    public void Remove(CoreId coreId)
    {
        if (Find(coreId) is { } row)
        {
            RequireFree(row);
            _deleteEnvelope.With(row.Id).Run();
            _deleteEvidence.With(row.Id).Run();
            _delete.With(row.Id).Run();
            _destroyed = true;
        }
    }

    public void SetHold(CoreId coreId, string? reason)
    {
        StoredRow row = Known(coreId);
        (reason is null ? _deleteHold.With(row.Id) : _setHold.With(row.Id, reason)).Run();
    }

    public void Dispose()
    {
        _all.ForEach(sql => sql.Dispose());
        _connection.Dispose();
    }

    private PreparedSql Prepare(string text, int parameters = 0)
    {
        PreparedSql sql = new(_connection, text, parameters);
        _all.Add(sql);
        return sql;
    }

    private static void RequireNext(StoredRow row, KeyEnvelope envelope)
    {
        RegisterRules.RequireNext(envelope.CoreId, row.Version, row.IsErased, envelope.Version, "key envelope");
        RegisterRules.Check(envelope, row.Header);
    }

    private void RequireFree(StoredRow row)
    {
        if (_findHold.With(row.Id).Number() > 0)
        {
            throw new RegisterException($"Recording {row.CoreId} is under legal hold: it is neither erased nor removed. Release the hold first.");
        }
    }

    private StoredRow Known(CoreId coreId) =>
        Find(coreId) ?? throw new RegisterException($"Recording {coreId} is not in the register {Path}. Add it first.");

    private StoredRow? Find(CoreId coreId)
    {
        using SqliteDataReader reader = _find.With(coreId.ToArray()).Query();
        return reader.Read() ? new StoredRow(Path, reader) : null;
    }

    private long Insert(RegisteredRecording recording)
    {
        RecordingHeader header = recording.Header;
        byte[]? envelope = recording.Envelope?.ToArray();
        // An erased recording goes on counting where its certificates ended.
        long version = recording.Envelope?.Version ?? recording.Erasures.Max(certificate => certificate.EnvelopeVersion);
        long id = _insert.With(
            header.CoreId.ToArray(), header.RecordingId.ToArray(), StoredRow.Begun(header), header.ToArray(), version, (long)(envelope?.Length ?? 0)).Number();
        if (envelope is not null)
        {
            _insertEnvelope.With(id, EnvelopeLayout.Pad(envelope)).Run();
        }

        return id;
    }

    private void Insert(long id, EvidenceKind kind, byte[] bytes) => _insertEvidence.With(id, (long)kind, SHA256.HashData(bytes), bytes).Run();

    private void SetEnvelope(StoredRow row, KeyEnvelope envelope)
    {
        byte[] bytes = envelope.ToArray();
        _setEnvelope.With(row.Id, EnvelopeLayout.Pad(bytes)).Run();
        _setVersion.With(row.Id, (long)envelope.Version, (long)bytes.Length).Run();
        _destroyed = true;
    }
}
