using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

// Stands here until the SQLite store does.
internal static class Placeholder
{
    internal static SqliteConnection Open(string path)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path }.ConnectionString);
        connection.Open();
        return connection;
    }
}
