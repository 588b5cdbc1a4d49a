using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>The file of a register: makes it, recognises it, and opens connections with the settings that durability and erasure rest on.</summary>
internal static class RegisterFile
{
    // "ZKC1": tells a register from any other SQLite database.
    private const long ApplicationId = 0x5A4B4331;

    private const string Schema = """
        CREATE TABLE recording (
            id               INTEGER PRIMARY KEY,
            core_id          BLOB    NOT NULL UNIQUE,
            recording_id     BLOB    NOT NULL,
            begun            INTEGER NOT NULL,
            header           BLOB    NOT NULL,
            envelope_version INTEGER NOT NULL,
            envelope_size    INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX recording_by_begun ON recording (begun, core_id);
        CREATE INDEX recording_by_recording_id ON recording (recording_id);
        CREATE TABLE envelope (
            recording        INTEGER PRIMARY KEY,
            padded           BLOB    NOT NULL
        ) STRICT;
        CREATE TABLE evidence (
            id               INTEGER PRIMARY KEY,
            recording        INTEGER NOT NULL,
            kind             INTEGER NOT NULL,
            hash             BLOB    NOT NULL,
            bytes            BLOB    NOT NULL,
            UNIQUE (recording, hash)
        ) STRICT;
        """;

    // Since schema 2.
    private const string HoldSchema = """
        CREATE TABLE IF NOT EXISTS hold (
            recording        INTEGER PRIMARY KEY,
            reason           TEXT    NOT NULL
        ) STRICT;
        """;

    // The largest row is an envelope's, below 272 kB: an edited file cannot make a reader allocate more than this.
    private const int MaxRowSize = 1 << 20;

    // See Create.
    private static readonly Lock Creation = new();

    /// <summary>Opens the connection that writes; makes the file, or its tables, where there are none.</summary>
    /// <exception cref="SqliteException">SQLite's.</exception>
    /// <exception cref="RegisterException">The file is not a register, or one of a newer schema.</exception>
    public static SqliteConnection OpenWriter(string path)
    {
        Create(path);
        SqliteConnection connection = Connect(path);
        try
        {
            // Before the first page is written, and without effect afterwards.
            PreparedSql.Run(connection, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE");
            Recognise(path, connection);
            Require(path, connection, "PRAGMA secure_delete = ON", 1L);
            Require(path, connection, "PRAGMA journal_mode = PERSIST", "persist");
            // fullfsync is for macOS, where an ordinary fsync leaves data in the drive's cache.
            PreparedSql.Run(connection, "PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON");
            Initialise(connection);
            RollbackJournal.Overwrite(path, connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that reads.</summary>
    /// <exception cref="SqliteException">SQLite's.</exception>
    public static SqliteConnection OpenReader(string path)
    {
        SqliteConnection connection = Connect(path);
        try
        {
            // Not Mode=ReadOnly: whoever opens the file after another program crashed must be able to roll its transaction back.
            PreparedSql.Run(connection, "PRAGMA query_only = ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Create(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // POSIX drops all of a process's locks on a file when it closes any handle to it. Two threads that open one new register at the
        // same time must not do that to each other.
        lock (Creation)
        {
            if (File.Exists(path))
            {
                return;
            }

            try
            {
                new FileStream(path, options).Dispose();
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process was faster.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RegisterException($"The register {path} cannot be made: {e.Message} Check that its folder exists, and that this user may write to it.", e);
            }
        }
    }

    private static SqliteConnection Connect(string path)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            // A pooled connection would keep the file open after the register was closed.
            Pooling = false,
            DefaultTimeout = (int)SqliteRegister.BusyTimeout.TotalSeconds,
        }.ToString());
        try
        {
            connection.Open();
            raw.sqlite3_limit(connection.Handle, raw.SQLITE_LIMIT_LENGTH, MaxRowSize);
            // A register has no triggers: one that somebody put into the file could copy what is erased.
            raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, out _);
            // SQLite's own waiting looks every few milliseconds; that of the ADO.NET provider, every 150. temp_store: what SQLite would put into a
            // file under /tmp while a savepoint is open can hold an envelope.
            PreparedSql.Run(
                connection,
                $"PRAGMA busy_timeout = {SqliteRegister.BusyTimeout.TotalMilliseconds:0}; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // Nothing may be written before this: the file could be another program's database.
    private static void Recognise(string path, SqliteConnection connection)
    {
        // In one transaction: another process may be making the tables.
        PreparedSql.Run(connection, "BEGIN");
        long application = (long)PreparedSql.Value(connection, "PRAGMA application_id")!;
        long version = (long)PreparedSql.Value(connection, "PRAGMA user_version")!;
        bool empty = (long)PreparedSql.Value(connection, "SELECT count(*) FROM sqlite_schema")! == 0;
        PreparedSql.Run(connection, "COMMIT");
        if (application != ApplicationId && !(empty && application == 0 && version == 0))
        {
            throw new RegisterException($"{path} is a SQLite database of another program, not a register.");
        }

        if (version > SqliteRegister.SchemaVersion)
        {
            throw new RegisterException(
                $"The register {path} was written by a newer version: it has schema {version}, and this version knows schema {SqliteRegister.SchemaVersion}. Update this program.");
        }

        Require(path, connection, "PRAGMA page_size", (long)EnvelopeLayout.PageSize);
        Require(path, connection, "PRAGMA auto_vacuum", 0L);
    }

    // Also when there is nothing to make: a register that cannot be written is found out now, and not when the first call begins.
    private static void Initialise(SqliteConnection connection)
    {
        PreparedSql.Run(connection, "BEGIN IMMEDIATE");
        // Asked again under the lock: another process may have made the tables meanwhile.
        if ((long)PreparedSql.Value(connection, "SELECT count(*) FROM sqlite_schema")! == 0)
        {
            PreparedSql.Run(connection, Schema);
        }

        PreparedSql.Run(connection, HoldSchema);
        PreparedSql.Run(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {SqliteRegister.SchemaVersion}; COMMIT");
    }

    private static void Require(string path, SqliteConnection connection, string pragma, object expected)
    {
        object? value = PreparedSql.Value(connection, pragma);
        if (!expected.Equals(value))
        {
            throw new RegisterException($"The register {path} cannot be used: '{pragma}' gave {value} instead of {expected}. Is another program using the file, or was its layout changed?");
        }
    }
}
