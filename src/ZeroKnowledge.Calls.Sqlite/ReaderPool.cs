using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>Connections that read, beside the one that writes; made when they are needed.</summary>
/// <param name="path">The database file.</param>
/// <param name="gate">Held for reading while a connection reads.</param>
internal sealed class ReaderPool(string path, ReaderWriterLockSlim gate) : IAsyncDisposable
{
    // More would only wait for one another on the disk.
    private const int Most = 4;

    private readonly SemaphoreSlim _places = new(Most, Most);
    private readonly Stack<RegisterReader> _idle = new();
    private bool _closed;

    /// <exception cref="RegisterException">The register cannot be read.</exception>
    public async Task<T> ReadAsync<T>(Func<RegisterReader, T> read, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        Task<T> reading = Task.Run(
            () =>
            {
                try
                {
                    return Read(read);
                }
                finally
                {
                    _places.Release();
                }
            },
            CancellationToken.None);
        return await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for those that are reading, and closes all.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_idle)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        for (int i = 0; i < Most; i++)
        {
            await _places.WaitAsync().ConfigureAwait(false);
        }

        while (_idle.TryPop(out RegisterReader? reader))
        {
            reader.Dispose();
        }

        // Those who waited for a place find that it is closed.
        _places.Release(Most);
    }

    private T Read<T>(Func<RegisterReader, T> read)
    {
        RegisterReader? reader;
        lock (_idle)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteRegister));
            _ = _idle.TryPop(out reader);
        }

        gate.EnterReadLock();
        try
        {
            reader ??= RegisterReader.Open(path);
            T result = read(reader);
            lock (_idle)
            {
                _idle.Push(reader);
            }

            return result;
        }
        catch (Exception e)
        {
            // It is perhaps in the middle of a transaction.
            reader?.Dispose();
            if (e is SqliteException cause)
            {
                throw RegisterFault.Of(path, cause);
            }

            throw;
        }
        finally
        {
            gate.ExitReadLock();
        }
    }
}
