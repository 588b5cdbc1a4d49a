using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>
/// SQLite's rollback journal, <c>register.db-journal</c>. After a commit it still holds what the changed pages held before: envelopes that were
/// just destroyed. Deleting or truncating it would leave them in free blocks of the disk, so it is kept (<c>journal_mode = PERSIST</c>) and overwritten.
/// </summary>
internal static class RollbackJournal
{
    private static readonly byte[] Zeros = new byte[1 << 16];

    /// <summary>Overwrites the journal with zeros, then makes it empty.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="connection">The writer's, outside of a transaction.</param>
    /// <exception cref="RegisterException">The journal could not be overwritten.</exception>
    /// <exception cref="SqliteException">The lock could not be had.</exception>
    public static void Overwrite(string path, SqliteConnection connection)
    {
        // With this lock nobody else can begin to write, so the journal is needed by nobody: one that a crash left behind has been rolled back.
        PreparedSql.Run(connection, "BEGIN IMMEDIATE");
        try
        {
            // SQLite follows a symbolic link to the file, and keeps the journal beside the file itself.
            Overwrite(PreparedSql.Value(connection, "SELECT file FROM pragma_database_list WHERE name = 'main'") + "-journal");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RegisterException(
                $"The change to the register {path} is done, but {path}-journal, which holds the old key envelope, could not be overwritten: {e.Message} It is tried again at the next change, and when the register is opened.", e);
        }
        finally
        {
            PreparedSql.Run(connection, "ROLLBACK");
        }
    }

    private static void Overwrite(string journal)
    {
        try
        {
            using FileStream stream = new(journal, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            for (long left = stream.Length; left > 0; left -= Zeros.Length)
            {
                stream.Write(Zeros, 0, (int)Math.Min(left, Zeros.Length));
            }

            stream.Flush(flushToDisk: true);
            stream.SetLength(0);
        }
        catch (FileNotFoundException)
        {
            // Then there is nothing to overwrite.
        }
    }
}
