using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>
/// Headers by recording and writer, so that streams check signatures in parallel, before the one committer. A header is fixed by its core id: what is in here never
/// becomes wrong, and losing it costs a lookup. By writer, so that a statement for another's recording takes as long as one for none.
/// </summary>
internal sealed class HeaderCache(Engine engine, ArchiveOptions options)
{
    private readonly ConcurrentDictionary<(RecordingName Name, SubjectId Writer), RecordingHeader> _headers = new();

    public void Add(RecordingName name, SubjectId writer, RecordingHeader header)
    {
        // Rarely, and without an order of use: the engine has them all.
        if (_headers.Count >= options.States)
        {
            _headers.Clear();
        }

        _headers[(name, writer)] = header;
    }

    /// <summary>The header, or null if this writer has not begun the recording.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The committer meets the same fault, and answers for it.")]
    public RecordingHeader? Find(RecordingName name, SubjectId writer)
    {
        if (_headers.TryGetValue((name, writer), out RecordingHeader? header))
        {
            return header;
        }

        try
        {
            if (engine.Get(engine.Recordings, Key.Writer(name, writer)) is null || engine.Get(engine.Recordings, Key.Recording(name)) is not { } row)
            {
                return null;
            }

            header = Row.Decode(row).Header;
        }
        catch (Exception)
        {
            return null;
        }

        Add(name, writer, header);
        return header;
    }
}
