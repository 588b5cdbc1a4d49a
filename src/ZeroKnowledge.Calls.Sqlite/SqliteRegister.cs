using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>
/// A register in one SQLite file, for one gateway or one desk (docs/REGISTER.md). Thread-safe; other processes may use the same file beside it.
/// </summary>
/// <remarks>
/// <para>
/// When the task of a change ends, the change is on the disk: it survives the death of the process and the loss of power. When the task of an erasure, a
/// replacement or a removal ends, the old envelope's bytes are in no file of the register's folder. What no storage can promise (copies and backups, the spare
/// blocks of an SSD, snapshots of the file system) is in docs/REGISTER.md.
/// </para>
/// <para>
/// No method waits for the disk on the caller's thread: SQLite works on the thread pool, in one transaction at a time, and changes that arrive meanwhile
/// share the next one. So thousands of recordings a second can be added, one by one or in batches; a single one waits for two commits at most. How many
/// changes wait is not limited: a caller that adds without awaiting holds the memory.
/// </para>
/// <para>
/// A register has no trust list. Of statements it checks that the header's keys signed them; whether the gateway, an archive's receipt or an owner's
/// erasure certificate is to be trusted is judged by whoever reads a recording.
/// </para>
/// </remarks>
public sealed class SqliteRegister : IRegister
{
    /// <summary>The newest schema this version reads and writes (<c>PRAGMA user_version</c>): 2. A file of schema 1 is brought up when it is opened.</summary>
    public const int SchemaVersion = 2;

    /// <summary>How long a lock of another process is waited for: 5 seconds.</summary>
    public static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    private const int MaxHoldReason = 1_024;

    // A page of a listing is read in one transaction, which no writer can commit beside.
    private const int PageSize = 64;

    // SQLite commits when nobody reads, and whoever has to wait for that sleeps and looks again: with this, nobody of this process has to.
    private readonly ReaderWriterLockSlim _gate = new();
    private readonly RegisterWriter _writer;
    private readonly WriteQueue _queue;
    private readonly ReaderPool _readers;

    private SqliteRegister(string path, SqliteConnection connection)
    {
        _writer = new RegisterWriter(path, connection, _gate);
        _queue = new WriteQueue(_writer);
        _readers = new ReaderPool(path, _gate);
    }

    /// <summary>The file, as a full path.</summary>
    public string Path => _writer.Path;

    /// <summary>
    /// Opens a register. Makes the file, readable by its owner only, where there is none; its folder must exist. Overwrites what a crash left behind.
    /// Waits for the disk, and up to <see cref="BusyTimeout"/> for another process.
    /// </summary>
    /// <param name="path">The file; beside it lies <c>path-journal</c>, which belongs to it.</param>
    /// <exception cref="RegisterException">It is no register, or of a newer schema, or locked by another process, or may not be written.</exception>
    public static SqliteRegister Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        SqliteConnection? connection = null;
        try
        {
            connection = RegisterFile.OpenWriter(full);
            return new SqliteRegister(full, connection);
        }
        catch (SqliteException e)
        {
            connection?.Dispose();
            throw RegisterFault.Of(full, e);
        }
    }

    /// <inheritdoc/>
    public ValueTask AddAsync(IReadOnlyList<RegisteredRecording> recordings, CancellationToken cancellationToken = default) =>
        ChangeAsync(Copy(recordings, nameof(recordings)), static (writer, recording) => writer.Add(recording), cancellationToken);

    /// <inheritdoc/>
    public ValueTask AddEvidenceAsync(IReadOnlyList<RegisteredEvidence> evidence, CancellationToken cancellationToken = default) =>
        ChangeAsync(Copy(evidence, nameof(evidence)), static (writer, item) => writer.Add(item), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<RegisteredRecording?> FindAsync(CoreId coreId, CancellationToken cancellationToken = default) =>
        await _readers.ReadAsync(reader => reader.Find(coreId), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<RegisteredRecording>> FindAsync(RecordingId recordingId, CancellationToken cancellationToken = default) =>
        await _readers.ReadAsync(reader => reader.Find(recordingId), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <remarks>Reads 64 rows at a time, and holds no transaction between them: rows added meanwhile appear if their place is still to come.</remarks>
    public async IAsyncEnumerable<RegisteredRecording> ListAsync(
        DateTimeOffset? since = null, DateTimeOffset? until = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long begun = since is { } first ? FirstMs(first) : 0;
        long last = until is { } end ? FirstMs(end) - 1 : long.MaxValue;
        byte[] coreId = [];
        IReadOnlyList<RegisteredRecording> page;
        do
        {
            page = await _readers.ReadAsync(reader => reader.After(begun, coreId, last, PageSize), cancellationToken).ConfigureAwait(false);
            foreach (RegisteredRecording recording in page)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return recording;
            }

            if (page.Count > 0)
            {
                begun = StoredRow.Begun(page[^1].Header);
                coreId = page[^1].Header.CoreId.ToArray();
            }
        }
        while (page.Count == PageSize);
    }

    /// <inheritdoc/>
    public ValueTask ReplaceEnvelopeAsync(KeyEnvelope envelope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return ChangeAsync([envelope], static (writer, next) => writer.Replace(next), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask EraseAsync(ErasureCertificate certificate, KeyEnvelope? remaining, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return ChangeAsync([(certificate, remaining)], static (writer, erasure) => writer.Erase(erasure.certificate, erasure.remaining), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask SetHoldAsync(CoreId coreId, string? reason, CancellationToken cancellationToken = default)
    {
        if (reason is not null && Encoding.UTF8.GetByteCount(reason) is 0 or > MaxHoldReason)
        {
            throw new ArgumentException($"The reason of a legal hold has 1 to {MaxHoldReason} bytes of UTF-8.", nameof(reason));
        }

        return ChangeAsync([(coreId, reason)], static (writer, hold) => writer.SetHold(hold.coreId, hold.reason), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(IReadOnlyList<CoreId> coreIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(coreIds);
        return ChangeAsync([.. coreIds], static (writer, coreId) => writer.Remove(coreId), cancellationToken);
    }

    /// <summary>Waits until every change is durable or refused, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _queue.CloseAsync().ConfigureAwait(false);
        await _readers.DisposeAsync().ConfigureAwait(false);
        _writer.Dispose();
        _gate.Dispose();
    }

    private ValueTask ChangeAsync<T>(T[] items, Action<RegisterWriter, T> apply, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Task change = _queue.AddAsync(items.Length, writer =>
        {
            foreach (T item in items)
            {
                apply(writer, item);
            }
        });
        return new ValueTask(change.WaitAsync(cancellationToken));
    }

    // The caller's list may be used for something else before its turn comes.
    private static T[] Copy<T>(IReadOnlyList<T> items, string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(items, name);
        T[] copy = [.. items];
        return Array.TrueForAll(copy, item => item is not null) ? copy : throw new ArgumentException("An item of the list is null.", name);
    }

    // The first whole millisecond that is not before the time; headers have no finer ones, and none before 1970.
    private static long FirstMs(DateTimeOffset time) =>
        Math.Max(0, (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
}
