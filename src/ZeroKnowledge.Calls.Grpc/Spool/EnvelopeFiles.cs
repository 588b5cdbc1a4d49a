using System.Diagnostics.CodeAnalysis;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Register rows, with their key envelopes, that wait because the register cannot be written: one file each, since an envelope must be destroyable by itself.
/// They never leave the gateway but to the register. Each is synced whatever the spool's durability is, as a register is: a lost envelope is a lost recording. Thread-safe.
/// </summary>
internal sealed class EnvelopeFiles
{
    private const string Extension = ".row";
    private const string Unfinished = ".new";
    private const int MaxSize = RecordingHeader.Size + Statement.Size + Format.MaxEnvelope;

    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly HashSet<CoreId> _waiting = [];

    public EnvelopeFiles(string spool)
    {
        _folder = Path.Combine(spool, "envelopes");
        Directory.CreateDirectory(_folder);
        FolderSync.Sync(spool);
        foreach (string path in Directory.EnumerateFiles(_folder))
        {
            if (path.EndsWith(Unfinished, StringComparison.Ordinal) || IsDestroyed(path))
            {
                // Of a recording that never began; or of one that the register has, and a crash came before the end of its destruction.
                Destroy(path);
            }
            else if (path.EndsWith(Extension, StringComparison.Ordinal) && IdOf(path) is { } coreId)
            {
                _waiting.Add(coreId);
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    public bool Has(CoreId coreId)
    {
        lock (_gate)
        {
            return _waiting.Contains(coreId);
        }
    }

    public IReadOnlyList<CoreId> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _waiting];
            }
        }
    }

    /// <exception cref="IOException">It could not be written.</exception>
    public void Write(RecordingStart start)
    {
        string path = PathOf(start.Header.CoreId);
        string unfinished = path + Unfinished;
        using (FileStream file = new(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, 0))
        {
            file.Write([.. start.Header.ToArray(), .. start.Checkpoint.ToArray(), .. start.Envelope.ToArray()]);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
        FolderSync.Sync(_folder);
        lock (_gate)
        {
            _waiting.Add(start.Header.CoreId);
        }
    }

    /// <returns>False if the file is not a row; it is set aside.</returns>
    /// <exception cref="IOException">It could not be read.</exception>
    public bool TryRead(CoreId coreId, [NotNullWhen(true)] out RegisteredRecording? row)
    {
        row = null;
        string path = PathOf(coreId);
        byte[] bytes = [];
        if (new FileInfo(path) is { Exists: true, Length: <= MaxSize })
        {
            bytes = File.ReadAllBytes(path);
        }

        const int EnvelopeAt = RecordingHeader.Size + Statement.Size;
        if (bytes.Length > EnvelopeAt
            && RecordingHeader.TryParse(bytes.AsSpan(0, RecordingHeader.Size), out RecordingHeader? header, out _)
            && Statement.TryParse(bytes.AsSpan(RecordingHeader.Size, Statement.Size), out Statement? statement, out _)
            && KeyEnvelope.TryParse(bytes.AsSpan(EnvelopeAt), out KeyEnvelope? envelope, out _)
            && header.CoreId == coreId)
        {
            row = new RegisteredRecording { Header = header, Envelope = envelope, Statements = [statement] };
            return true;
        }

        if (File.Exists(path))
        {
            File.Move(path, path + ".damaged", overwrite: true);
        }

        Forget(coreId);
        return false;
    }

    /// <summary>The register has it: the file is overwritten and unlinked.</summary>
    /// <exception cref="IOException">It could not be overwritten.</exception>
    public void Remove(CoreId coreId)
    {
        Destroy(PathOf(coreId));
        Forget(coreId);
    }

    private static void Destroy(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.None, 0))
        {
            file.Write(new byte[file.Length]);
            file.Flush(flushToDisk: true);
        }

        File.Delete(path);
    }

    // A header begins with its magic.
    private static bool IsDestroyed(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        return file.ReadByte() == 0;
    }

    private void Forget(CoreId coreId)
    {
        lock (_gate)
        {
            _waiting.Remove(coreId);
        }
    }

    private static CoreId? IdOf(string path)
    {
        try
        {
            return CoreId.Parse(Path.GetFileNameWithoutExtension(path));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private string PathOf(CoreId coreId) => Path.Combine(_folder, coreId + Extension);
}
