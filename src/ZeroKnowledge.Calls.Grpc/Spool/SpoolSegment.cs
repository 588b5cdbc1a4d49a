using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>One append-only file of the spool. Written by the spool's thread, read by any.</summary>
internal sealed class SpoolSegment : IDisposable
{
    private readonly SafeFileHandle _handle;

    private SpoolSegment(SafeFileHandle handle, string path, long number, int length)
    {
        _handle = handle;
        Path = path;
        Number = number;
        Length = length;
    }

    public string Path { get; }

    /// <summary>Counts the segments of the folder; a number is never used twice.</summary>
    public long Number { get; }

    /// <summary>Bytes that are written.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of the chunks in it that some archive lacks. Changed atomically.</summary>
    public long Live;

    public static SpoolSegment Create(string folder, string kind, long number)
    {
        string path = System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:d10}"));
        return new SpoolSegment(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete), path, number, 0);
    }

    public static SpoolSegment Open(string path, long number)
    {
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return new SpoolSegment(handle, path, number, (int)Math.Min(RandomAccess.GetLength(handle), int.MaxValue));
    }

    /// <summary>Writes behind what is there. What an earlier attempt that failed has left there is overwritten.</summary>
    /// <exception cref="IOException">Not all could be written, as of a full disk; <see cref="Length"/> is unchanged.</exception>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> parts, int size)
    {
        RandomAccess.Write(_handle, parts, Length);
        Length += size;
    }

    public void Rewind(int size) => Length -= size;

    /// <exception cref="IOException">The disk did not take it.</exception>
    public void Sync() => RandomAccess.FlushToDisk(_handle);

    /// <summary>Reads a whole record and checks it.</summary>
    /// <param name="location">A location in this segment.</param>
    /// <param name="destination">Room for <see cref="SpoolLocation.Size"/> bytes.</param>
    /// <returns>False if the record is damaged, or was given up meanwhile.</returns>
    public bool TryRead(SpoolLocation location, Span<byte> destination)
    {
        destination = destination[..location.Size];
        try
        {
            return ReadFully(destination, location.Offset)
                && SpoolRecord.TryReadHead(destination, out _, out _, out int bodySize)
                && bodySize == location.BodySize
                && SpoolRecord.HasChecksum(destination, Number, destination[SpoolRecord.HeadSize..]);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Gives all records in turn, up to the first one that is not whole.</summary>
    /// <param name="record">Is given type, recording, the body, and the place.</param>
    /// <returns>How many bytes at the end are not records.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public int Scan(SpoolRecordReader record)
    {
        byte[] buffer = new byte[SpoolRecord.HeadSize + SpoolRecord.MaxBody];
        int at = 0;
        while (Length - at >= SpoolRecord.HeadSize)
        {
            Span<byte> head = buffer.AsSpan(0, SpoolRecord.HeadSize);
            if (!ReadFully(head, at) || !SpoolRecord.TryReadHead(head, out SpoolRecordType type, out long recording, out int bodySize)
                || bodySize > Length - at - SpoolRecord.HeadSize)
            {
                break;
            }

            Span<byte> body = buffer.AsSpan(SpoolRecord.HeadSize, bodySize);
            if (!ReadFully(body, at + SpoolRecord.HeadSize) || !SpoolRecord.HasChecksum(head, Number, body))
            {
                break;
            }

            record(type, recording, body, new SpoolLocation(this, at, bodySize));
            at += SpoolRecord.HeadSize + bodySize;
        }

        return Length - at;
    }

    /// <summary>Cuts what is no record off the end.</summary>
    public void Cut(int bytes)
    {
        Length -= bytes;
        RandomAccess.SetLength(_handle, Length);
    }

    public void Delete()
    {
        File.Delete(Path);
        Dispose();
    }

    public void Dispose() => _handle.Dispose();

    private bool ReadFully(Span<byte> destination, int offset)
    {
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
            {
                return false;
            }

            destination = destination[read..];
            offset += read;
        }

        return true;
    }
}
