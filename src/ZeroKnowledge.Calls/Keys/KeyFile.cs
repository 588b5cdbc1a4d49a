using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

// Files of keys: one key a line, comments, at most 1,048,576 bytes (docs/FORMAT.md, section 10).
internal static class KeyFile
{
    private const string NotUtf8 = "It is not UTF-8 text.";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Takes one line: trimmed, not empty, not a comment. A <see cref="FormatException"/> is given the file and the line.</summary>
    public delegate void LineReader(ReadOnlySpan<char> line);

    /// <summary>Reads a file; what was read of it is wiped afterwards.</summary>
    /// <exception cref="FormatException">The file is too big, not UTF-8, or a line was refused; the message names file and line.</exception>
    public static void Load(string path, LineReader reader) => Load(path, reader, isSecret: false);

    /// <summary>Reads a file of secret keys, which others must not be able to read or change.</summary>
    /// <exception cref="UnauthorizedAccessException">They are.</exception>
    /// <exception cref="FormatException">The file is too big, not UTF-8, or a line was refused; the message names file and line.</exception>
    public static void LoadSecret(string path, LineReader reader) => Load(path, reader, isSecret: true);

    private static void Load(string path, LineReader reader, bool isSecret)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes = [];
        char[] text = [];
        try
        {
            using (FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0))
            {
                if (isSecret)
                {
                    RefuseIfShared(file, path);
                }

                // A pipe has no length. One byte more shows that a file is longer than it said, or than it may be.
                long size = file.CanSeek && file.Length > 0 ? file.Length : Format.MaxKeyFile;
                if (size <= Format.MaxKeyFile)
                {
                    bytes = GC.AllocateUninitializedArray<byte>((int)size + 1);
                }

                int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                if (length == bytes.Length)
                {
                    throw new FormatException($"{path}: A file of keys has at most {Format.MaxKeyFile:N0} bytes, and does not grow while it is read.");
                }

                text = GC.AllocateUninitializedArray<char>(length);
                int characters = Decode(path, bytes.AsSpan(0, length), text);
                ReadLines(text.AsSpan(0, characters), path, reader);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    /// <summary>Reads text that came from somewhere else than a file.</summary>
    public static void Parse(string text, LineReader reader)
    {
        ArgumentNullException.ThrowIfNull(text);
        int length;
        try
        {
            length = text.Length > Format.MaxKeyFile ? text.Length : Utf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new FormatException(NotUtf8, e);
        }

        if (length > Format.MaxKeyFile)
        {
            throw new FormatException($"A list of keys has at most {Format.MaxKeyFile:N0} bytes.");
        }

        ReadLines(text, null, reader);
    }

    /// <summary>Makes a new file that only its owner may read or write, and never replaces one.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static void Create(string path, ReadOnlySpan<char> text)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes = new byte[Utf8.GetByteCount(text)];
        try
        {
            Utf8.GetBytes(text, bytes);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var file = new FileStream(path, options);
            file.Write(bytes);
            file.Flush(flushToDisk: true);
            FolderSync.SyncFolderOf(path);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Replaces a file at once, with the access rights that it has; through a link, the file that it leads to.</summary>
    /// <exception cref="IOException">It cannot be replaced; it is as it was.</exception>
    public static void Replace(string path, string text)
    {
        // Else the link would become a file of its own, and whoever reads the other name would go on with the old text.
        string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        string temporary = target + ".new";
        // What a crash left has rights of its own.
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(temporary, options))
        {
            if (!OperatingSystem.IsWindows())
            {
                // Not when the file is made: the process's mask would take rights away.
                File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(target));
            }

            file.Write(Utf8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, target, overwrite: true);
        FolderSync.SyncFolderOf(target);
    }

    // Asked of the open file: its name may be another file's by now.
    private static void RefuseIfShared(FileStream file, string path)
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && file.CanSeek && (File.GetUnixFileMode(file.SafeFileHandle) & others) != 0)
        {
            throw new UnauthorizedAccessException($"{path}: Others on this machine can read or change this file, which holds a secret key. Make it yours alone: chmod 600 {path}");
        }
    }

    private static int Decode(string path, ReadOnlySpan<byte> bytes, Span<char> text)
    {
        try
        {
            return Utf8.GetChars(bytes, text);
        }
        catch (DecoderFallbackException)
        {
            // Without the cause: it would carry bytes of the file.
            throw new FormatException($"{path}: {NotUtf8}");
        }
    }

    private static void ReadLines(ReadOnlySpan<char> text, string? path, LineReader reader)
    {
        for (int number = 1; !text.IsEmpty; number++)
        {
            int end = text.IndexOf('\n');
            ReadOnlySpan<char> line = end < 0 ? text : text[..end];
            text = end < 0 ? [] : text[(end + 1)..];
            if (end > 0 && line[^1] == '\r')
            {
                line = line[..^1];
            }

            line = line.Trim(" \t");
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            try
            {
                reader(line);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{(path is null ? "Line" : path + ", line")} {number}: {e.Message}", e);
            }
        }
    }
}
