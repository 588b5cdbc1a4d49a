using System.Buffers.Text;
using System.Text;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The file of a <see cref="DeletionQueue"/>: a line for each deletion asked for and each certificate, only ever added to. A line counts once it is whole and synced;
/// what a crash tore at the end is cut off. Under its owner's lock.
/// </summary>
internal sealed class DeletionLog : IDisposable
{
    private const int MaxLine = 1024;
    private const string Delete = "delete";
    private const string Deleted = "deleted";

    private readonly FileStream _file;

    private DeletionLog(FileStream file) => _file = file;

    /// <summary>Takes one line: for a certificate its archive is who signed it by the queue's reckoning.</summary>
    public delegate void Reader(CoreId coreId, string archive, DeletionCertificate? certificate);

    private static ReadOnlySpan<byte> Head => "# zkcalls deletions 1\n"u8;

    public static DeletionLog Open(string path, Reader reader)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file = new(path, options);
        try
        {
            long whole = Read(file, path, reader);
            if (whole < file.Length || whole == 0)
            {
                file.SetLength(whole);
                file.Position = whole;
                file.Write(whole == 0 ? Head : []);
                file.Flush(flushToDisk: true);
            }

            file.Position = file.Length;
            return new DeletionLog(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static string Line(CoreId coreId, string archive, DeletionCertificate? certificate) => certificate is null
        ? $"{Delete} {coreId} {archive}\n"
        : $"{Deleted} {coreId} {Base64Url.EncodeToString(certificate.ToArray())} {archive}\n";

    /// <summary>Adds lines; when this returns they are on the disk, all of them, and if it throws none counts.</summary>
    /// <exception cref="IOException">They could not be written.</exception>
    public void Append(string lines)
    {
        long before = _file.Length;
        try
        {
            _file.Position = before;
            _file.Write(Encoding.UTF8.GetBytes(lines));
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            _file.SetLength(before);
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static long Read(FileStream file, string path, Reader reader)
    {
        byte[] buffer = new byte[MaxLine];
        long whole = 0;
        int held = 0;
        for (int number = 1; ; number++)
        {
            int end = buffer.AsSpan(0, held).IndexOf((byte)'\n');
            if (end < 0)
            {
                held += file.ReadAtLeast(buffer.AsSpan(held), buffer.Length - held, throwOnEndOfStream: false);
                end = buffer.AsSpan(0, held).IndexOf((byte)'\n');
            }

            if (number == 1 && IsTornHead(file, buffer.AsSpan(0, held)))
            {
                return 0;
            }

            // A file that is no queue is left as it is.
            if (number == 1 && !buffer.AsSpan(0, held).StartsWith(Head))
            {
                throw new FormatException($"{path} is no file of deletions: it does not begin with '{Encoding.UTF8.GetString(Head).TrimEnd()}'.");
            }

            // What was not written before the power went reads as zeros; no line has one.
            if (buffer.AsSpan(0, end < 0 ? held : end).Contains((byte)0))
            {
                return whole;
            }

            if (end < 0)
            {
                return held < buffer.Length ? whole : throw new FormatException($"{path}, line {number}: it is longer than {MaxLine} bytes.");
            }

            if (number > 1)
            {
                Parse(buffer.AsSpan(0, end), $"{path}, line {number}", reader);
            }

            whole += end + 1;
            held -= end + 1;
            buffer.AsSpan(end + 1, held).CopyTo(buffer);
        }
    }

    // The process, or the machine, died while the file was made: its first line in part, perhaps with zeros for the rest.
    private static bool IsTornHead(FileStream file, ReadOnlySpan<byte> start) =>
        file.Length <= Head.Length && !start.SequenceEqual(Head) && Head.StartsWith(start.TrimEnd((byte)0));

    private static void Parse(ReadOnlySpan<byte> line, string where, Reader reader)
    {
        string[] words = Encoding.UTF8.GetString(line).Split(' ', 3);
        DeletionCertificate? certificate = null;
        string? fault = null;
        if (words is [Deleted, _, { } rest] && rest.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space)
        {
            words[2] = rest[(space + 1)..];
            byte[] bytes = new byte[DeletionCertificate.Size];
            fault = Base64Url.TryDecodeFromChars(rest.AsSpan(0, space), bytes, out int count) && count == bytes.Length
                ? DeletionCertificate.TryParse(bytes, out certificate, out string? error) ? null : error
                : "its certificate is not one.";
        }
        else if (words is not [Delete, _, { Length: > 0 }])
        {
            fault = "it is neither a deletion nor a certificate.";
        }

        CoreId coreId = default;
        try
        {
            coreId = fault is null ? CoreId.Parse(words[1]) : default;
        }
        catch (FormatException e)
        {
            fault = e.Message;
        }

        if (fault is not null || (certificate is not null && certificate.CoreId != coreId))
        {
            throw new FormatException($"{where}: {fault ?? "its certificate is for another recording."}");
        }

        reader(coreId, words[2], certificate);
    }
}
