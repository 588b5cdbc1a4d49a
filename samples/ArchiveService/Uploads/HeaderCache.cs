using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>
/// Headers by core id, so that streams check signatures in parallel, before the one committer. A header is fixed by its core id: what is in here never
/// becomes wrong, and losing it costs a lookup.
/// </summary>
internal sealed class HeaderCache(Engine engine)
{
    private const int Capacity = 16_384;

    private readonly ConcurrentDictionary<CoreId, RecordingHeader> _headers = new();

    public void Add(RecordingHeader header)
    {
        // Rarely, and without an order of use: the engine has them all.
        if (_headers.Count >= Capacity)
        {
            _headers.Clear();
        }

        _headers[header.CoreId] = header;
    }

    /// <summary>The header, or null if its recording has not begun.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The committer meets the same fault, and answers for it.")]
    public RecordingHeader? Find(CoreId id)
    {
        if (_headers.TryGetValue(id, out RecordingHeader? header))
        {
            return header;
        }

        try
        {
            if (engine.Get(engine.Recordings, id) is not { } row || Row.IsTombstone(row))
            {
                return null;
            }

            header = Row.Decode(row).Header;
        }
        catch (Exception)
        {
            return null;
        }

        Add(header);
        return header;
    }
}
