using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls;

/// <summary>
/// Linked recordings, played as one call: a call goes on in another recording after a restart, or when it outgrows its policy. They belong together only if
/// each header is trusted, names the one before it, and both opening records decrypt with the same call id. Used by one thread at a time; does not own the recordings.
/// </summary>
public sealed class LinkedCall
{
    private LinkedCall(IReadOnlyList<Recording> recordings) => Recordings = recordings;

    /// <summary>The recordings in the order of the call.</summary>
    public IReadOnlyList<Recording> Recordings { get; }

    /// <summary>The id of the call, the same in all of them.</summary>
    public string CallId => Recordings[0].Metadata!.CallId;

    /// <summary>The places where one recording ends and the next begins.</summary>
    public IReadOnlyList<Seam> Seams => [.. Recordings.Zip(Recordings.Skip(1), (earlier, later) => new Seam(
        earlier.Header.CoreId, later.Header.CoreId, earlier.Header.GatewayKey, later.Header.GatewayKey, later.Header.Begun))];

    /// <summary>Joins recordings that were opened with a key.</summary>
    /// <param name="recordings">In the order of the call; a call with two successors of one recording is two chains, and the caller chooses.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="TamperedException">One is not verified, does not name the one before it, or is of another call.</exception>
    public static LinkedCall Join(params IReadOnlyList<Recording> recordings)
    {
        ArgumentNullException.ThrowIfNull(recordings);
        if (recordings.Count == 0)
        {
            throw new ArgumentException("There is no recording to join.", nameof(recordings));
        }

        for (int i = 0; i < recordings.Count; i++)
        {
            Recording recording = recordings[i];
            CoreId id = recording.Header.CoreId;
            if (recording.Metadata is not { } metadata)
            {
                throw new TamperedException(id, null, "its opening record is not readable, so nobody can say which call it is of.");
            }

            if (i > 0 && recording.Header.Previous != recordings[i - 1].Header.CoreId)
            {
                throw new TamperedException(id, null, $"it does not continue recording {recordings[i - 1].Header.CoreId}.");
            }

            if (i > 0 && metadata.CallId != recordings[0].Metadata!.CallId)
            {
                throw new TamperedException(id, null, "it names another call than the recording before it.");
            }
        }

        return new LinkedCall([.. recordings]);
    }

    /// <summary>Reads the frames of all recordings, one recording after the other; arrival times are those within each.</summary>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="TamperedException">A chunk, or a recording, is not what was signed.</exception>
    public async IAsyncEnumerable<(Recording Recording, Frame Frame)> ReadFramesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (Recording recording in Recordings)
        {
            await foreach (Frame frame in recording.ReadFramesAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                yield return (recording, frame);
            }
        }
    }
}
