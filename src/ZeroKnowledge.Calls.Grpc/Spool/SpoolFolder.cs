using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The folder of one spool, while one recorder has it: a lock that the system gives back when the process dies, and the key of its index.</summary>
internal sealed class SpoolFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    /// <exception cref="IOException">It cannot be made or written, or another recorder has it.</exception>
    public SpoolFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path);
            }
            else
            {
                Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.UserExecute);
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"The spool folder {Path} cannot be made: {e.Message}", e);
        }

        try
        {
            _lock = new FileStream(System.IO.Path.Combine(Path, "lock"), Options(FileMode.OpenOrCreate, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The spool folder {Path} cannot be used: {e.Message} One recorder has it at a time; check also that this user may write to it.", e);
        }

        try
        {
            IndexKey = LoadOrCreateKey(System.IO.Path.Combine(Path, "index.key"));
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>32 bytes, under which call ids are marked.</summary>
    public byte[] IndexKey { get; }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(IndexKey);
        _lock.Dispose();
    }

    private static byte[] LoadOrCreateKey(string path)
    {
        try
        {
            using FileStream file = new(path, Options(FileMode.OpenOrCreate, FileShare.Read));
            byte[] key = new byte[SpoolJournal.MarkSize];
            if (file.Length == key.Length)
            {
                file.ReadExactly(key);
                return key;
            }

            // A new one, or one that a crash left unfinished: no call can be found by it.
            RandomNumberGenerator.Fill(key);
            file.SetLength(0);
            file.Write(key);
            file.Flush(flushToDisk: true);
            return key;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"The spool's key {path} cannot be used: {e.Message}", e);
        }
    }

    private static FileStreamOptions Options(FileMode mode, FileShare share)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }
}
