using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>An SQL command that is compiled once and run often. Its parameters are $1, $2 and so on.</summary>
internal sealed class PreparedSql : IDisposable
{
    private readonly SqliteCommand _command;

    public PreparedSql(SqliteConnection connection, string text, int parameters = 0)
    {
        _command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this library.
        _command.CommandText = text;
#pragma warning restore CA2100
        for (int i = 1; i <= parameters; i++)
        {
            _command.Parameters.Add(new SqliteParameter($"${i}", null));
        }

        if (parameters > 0)
        {
            // A table or a column that is missing shows when the register is opened, and not at the first call.
            _command.Prepare();
        }
    }

    public PreparedSql With(params ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i];
        }

        return this;
    }

    public void Run() => _command.ExecuteNonQuery();

    public long Number() => _command.ExecuteScalar() is long number ? number : 0;

    public SqliteDataReader Query() => _command.ExecuteReader();

    public void Dispose() => _command.Dispose();

    /// <summary>Runs a command once.</summary>
    public static void Run(SqliteConnection connection, string text)
    {
        using PreparedSql sql = new(connection, text);
        sql.Run();
    }

    /// <summary>Runs a query once, and gives its first value.</summary>
    public static object? Value(SqliteConnection connection, string text)
    {
        using PreparedSql sql = new(connection, text);
        return sql._command.ExecuteScalar();
    }
}
