using System.Buffers.Binary;
using ZeroKnowledge.Calls;

namespace LiveGateway.Format;

/// <summary>Takes a <c>.zkc</c> file apart (docs/FORMAT.md, section 12).</summary>
internal static class Container
{
    private const int BlockHead = 5;
    private const byte Chunk = 1;
    private const byte ClosingRecord = 3;

    public static StoredParts Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        if (!RecordingHeader.TryParse(file.AsSpan(0, RecordingHeader.Size), out RecordingHeader? header, out string? error))
        {
            throw new IOException($"{path} is not a recording: {error}");
        }

        int at = RecordingHeader.Size;
        byte[] opening = Take(file, ref at, header.StoredOpeningSize);
        List<byte[]> statements = [Take(file, ref at, Statement.Size)], chunks = [];
        byte[] closing = [];
        while (at < file.Length)
        {
            byte type = file[at];
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 1));
            at += BlockHead;
            byte[] body = Take(file, ref at, length);
            if (type == Chunk)
            {
                chunks.Add(body);
            }
            else if (type == ClosingRecord)
            {
                closing = body;
            }
            else
            {
                statements.Add(body);
            }
        }

        return new StoredParts
        {
            CoreId = header.CoreId, Header = header.ToArray(), Opening = opening, Statements = statements, Closing = closing, Chunks = chunks,
        };
    }

    private static byte[] Take(byte[] file, ref int at, int size)
    {
        at += size;
        return file[(at - size)..at];
    }
}
