using System.Text;
using Microsoft.Win32.SafeHandles;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>
/// The owner's erasures in a file of their own, beside the register and not in its backups: a register that is restored from a backup has the keys again, and this
/// list says which of them <see cref="KeyHolder.RepeatErasuresAsync"/> has to destroy once more. One certificate a line, in base64. Thread-safe; one process at a time.
/// </summary>
/// <remarks>An erasure is written here, and synced, before the register changes. So a line may stand for an erasure that was interrupted: it is repeated, too.</remarks>
public sealed class ErasureList : IDisposable
{
    private readonly FileStream _stream;
    private readonly SafeFileHandle _file;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _syncing = new(1);
    private long _length;
    private long _synced;

    private ErasureList(string path, FileStream stream)
    {
        Path = path;
        _stream = stream;
        _file = stream.SafeFileHandle;
        _length = stream.Length;
        if (_length > 0 && LastByte() != '\n')
        {
            // The process, or the machine, died within a line. What is written next begins one of its own.
            Write("\n"u8);
        }
    }

    /// <summary>The file, as a full path.</summary>
    public string Path { get; }

    /// <summary>Opens a list, or makes an empty one that only its owner may read and write.</summary>
    /// <param name="path">The file; keep a copy of it where the register's backups are not.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has it open; <see cref="UnauthorizedAccessException"/> if that is not allowed.</exception>
    public static ErasureList Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file = new(full, options);
        try
        {
            // A list that a power cut takes with it is no list.
            FolderSync.SyncFolderOf(full);
            return new ErasureList(full, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads all certificates, in the order in which they came. Their signatures are not checked here.</summary>
    /// <param name="findings">Takes a sentence for each line that is not a certificate.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<ErasureCertificate> Read(ICollection<string>? findings = null)
    {
        List<ErasureCertificate> certificates = [];
        int number = 0;
        using StreamReader lines = new(new MemoryStream(ReadAll()), Encoding.UTF8);
        while (lines.ReadLine() is { } line)
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            byte[] bytes = new byte[line.Length];
            if (Convert.TryFromBase64String(line, bytes, out int length) && ErasureCertificate.TryParse(bytes.AsSpan(0, length), out ErasureCertificate? certificate, out _))
            {
                certificates.Add(certificate);
            }
            else
            {
                findings?.Add($"{Path}, line {number}: this is not an erasure certificate; it was cut short, or edited.");
            }
        }

        return certificates;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        _syncing.Dispose();
    }

    /// <summary>Appends a certificate. It is on the disk when the task ends; those that come meanwhile share one sync.</summary>
    internal async ValueTask AppendAsync(ErasureCertificate certificate, CancellationToken cancellationToken)
    {
        long end;
        lock (_gate)
        {
            Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(certificate.ToArray()) + "\n"));
            end = _length;
        }

        await _syncing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_synced < end)
            {
                long written;
                lock (_gate)
                {
                    written = _length;
                }

                RandomAccess.FlushToDisk(_file);
                _synced = written;
            }
        }
        finally
        {
            _syncing.Release();
        }
    }

    private byte[] ReadAll()
    {
        byte[] bytes;
        lock (_gate)
        {
            bytes = new byte[checked((int)_length)];
        }

        for (int read = 0; read < bytes.Length;)
        {
            int more = RandomAccess.Read(_file, bytes.AsSpan(read), read);
            read += more > 0 ? more : throw new IOException($"{Path} became shorter while it was read.");
        }

        return bytes;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, _length);
        _length += bytes.Length;
    }

    private int LastByte()
    {
        Span<byte> last = stackalloc byte[1];
        return RandomAccess.Read(_file, last, _length - 1) == 1 ? last[0] : -1;
    }
}
