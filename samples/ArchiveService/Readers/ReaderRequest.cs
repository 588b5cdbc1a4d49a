using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Readers;

/// <summary>The contract's messages about readers, checked.</summary>
internal static class ReaderRequest
{
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static NamedReader Read(NameReaderRequest request)
    {
        Subject subject = ReadSubject(request.Subject);
        if (request.NotAfterMs == 0)
        {
            throw Invalid("A reader is named until a time: not_after_ms is missing.");
        }

        if (request.Ranges.Count > NamedReader.MaxRanges)
        {
            throw Invalid($"A reader has at most {NamedReader.MaxRanges} ranges of a recording.");
        }

        uint end = 0;
        foreach (NamedRange range in request.Ranges)
        {
            if (range.First < end || range.First >= range.End || range.End > MerklePeaks.MaxCount)
            {
                throw Invalid($"Ranges are not empty, ascend, do not overlap, and end at {MerklePeaks.MaxCount} at most.");
            }

            end = range.End;
        }

        return new NamedReader(subject.Id, subject.Text, [.. request.Ranges.Select(range => (range.First, range.End))], request.NotAfterMs);
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static Subject ReadSubject(string text) =>
        Subject.TryParse(text, out Subject? subject, out string? fault) ? subject : throw Invalid($"The reader's subject cannot be used. {fault}");

    public static ZeroKnowledge.Calls.Grpc.Protos.NamedReader Write(CoreId id, NamedReader reader) => new()
    {
        CoreId = ByteString.CopyFrom(id.ToArray()),
        Subject = reader.Subject,
        Ranges = { reader.Ranges.Select(range => new NamedRange { First = range.First, End = range.End }) },
        NotAfterMs = reader.NotAfterMs,
    };

    private static RpcException Invalid(string message) => new(new global::Grpc.Core.Status(StatusCode.InvalidArgument, message));
}
