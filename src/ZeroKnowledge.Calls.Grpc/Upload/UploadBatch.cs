using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>One message on its way: records, and the bytes they point into, which are read from the spool. Used by one stream, over and over.</summary>
internal sealed class UploadBatch
{
    private const int MaxRecords = 256;
    private const int MaxBytes = 1 << 20;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(MaxBytes + SpoolRecord.HeadSize + SpoolRecord.MaxBody);
    private int _used;

    public UploadRequest Request { get; private set; } = new();

    public bool IsFull => Request.Records.Count >= MaxRecords || _used >= MaxBytes;

    /// <summary>What is in it is enough for a message.</summary>
    public void Close() => _used = Math.Max(_used, MaxBytes);

    public bool IsEmpty => Request.Records.Count == 0;

    public void Clear()
    {
        Request = new UploadRequest();
        _used = 0;
    }

    public Record Add(SpooledRecording recording)
    {
        Record record = new() { CoreId = recording.CoreIdBytes };
        Request.Records.Add(record);
        return record;
    }

    /// <summary>Reads a record of the spool.</summary>
    /// <param name="location">Where it is.</param>
    /// <param name="body">Its body, valid until the batch is cleared.</param>
    /// <returns>False if it is damaged, or was given up or moved meanwhile.</returns>
    public bool TryRead(SpoolLocation location, out Memory<byte> body)
    {
        body = default;
        if (location.IsNone || !location.Segment.TryRead(location, _bytes.AsSpan(_used)))
        {
            return false;
        }

        body = _bytes.AsMemory(_used + SpoolRecord.HeadSize, location.BodySize);
        _used += location.Size;
        return true;
    }

    /// <summary>As bytes of a message, without copying them.</summary>
    public static ByteString Wrap(ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
