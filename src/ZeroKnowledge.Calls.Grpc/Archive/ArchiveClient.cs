using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The customer's side of an archive: lists, opens, verifies, audits, reads and deletes recordings. Nothing that the archive says is trusted. Thread-safe.</summary>
/// <remarks>The size of a single message is bounded by the channel: use <see cref="ArchiveChannel"/>, or leave <c>MaxReceiveMessageSize</c> at its default.</remarks>
public sealed partial class ArchiveClient
{
    /// <summary>How long each single answer is waited for by default: 60 seconds.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);

    private const int PageSize = 1_000;

    private readonly CallArchive.CallArchiveClient _client;
    private readonly PatientCaller _caller;

    /// <summary>Makes a client over a channel, which belongs to the caller.</summary>
    /// <param name="channel">The channel to the archive.</param>
    /// <param name="patience">How long each single answer, or part of one, is waited for; null for <see cref="DefaultPatience"/>. Silence beyond it is an <see cref="ArchiveException"/> that is transient.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="patience"/> is not above zero, or longer than 24 hours.</exception>
    public ArchiveClient(GrpcChannel channel, TimeSpan? patience = null)
    {
        ArgumentNullException.ThrowIfNull(channel);
        TimeSpan time = patience ?? DefaultPatience;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(patience));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time, TimeSpan.FromDays(1), nameof(patience));
        _client = new CallArchive.CallArchiveClient(channel);
        _caller = new PatientCaller(time);
    }

    /// <summary>Lists what the archive has, by core id. A recording whose header is not one, or not that of its core id, is given too: its <see cref="ArchivedRecording.Header"/> is null.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <exception cref="ArchiveException">The archive could not be reached, refused, or its list is not one: it repeats itself, goes backwards, or gives more than was asked for.</exception>
    public async IAsyncEnumerable<ArchivedRecording> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ByteString after = ByteString.Empty;
        while (true)
        {
            int count = 0;
            ListRecordingsRequest request = new() { After = after, Limit = PageSize };
            await foreach (StoredRecording stored in _caller.StreamAsync(
                token => _client.ListRecordings(request, cancellationToken: token), "The recordings could not be listed", cancellationToken).ConfigureAwait(false))
            {
                if (stored.CoreId.Length != CoreId.Size)
                {
                    throw new ArchiveException("The archive listed a core id that is not one.");
                }

                // Ascending order is what ends a list, and what makes a second one of the same recording impossible.
                if (stored.CoreId.Span.SequenceCompareTo(after.Span) <= 0)
                {
                    throw new ArchiveException($"The archive's list does not go forward: {Convert.ToHexStringLower(stored.CoreId.Span)} stands after {Convert.ToHexStringLower(after.Span)}.");
                }

                if (++count > PageSize)
                {
                    throw new ArchiveException($"The archive was asked for {PageSize} recordings, and gave more.");
                }

                after = stored.CoreId;
                CoreId id = new(stored.CoreId.Span);
                yield return new ArchivedRecording(
                    id,
                    RecordingHeader.TryParse(stored.Header.Span, out RecordingHeader? header, out _) && header.CoreId == id ? header : null,
                    (int)Math.Min(stored.Chunks, Format.MaxChunks));
            }

            if (count == 0)
            {
                yield break;
            }
        }
    }

    /// <summary>Opens a recording by its core id.</summary>
    /// <param name="coreId">The recording asked for: anything else that the archive may give is not verified.</param>
    /// <param name="options">Trust list, and identity with register or envelope to decrypt.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ArchiveException">The archive could not be reached, or has no such recording.</exception>
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients', or there is no envelope.</exception>
    public ValueTask<Recording> OpenAsync(CoreId coreId, ReaderOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Recording.OpenAsync(new ArchiveSource(_client, _caller, coreId), coreId, options, cancellationToken);
    }

    /// <summary>Opens a recording by the id that its call had; the register says which it is.</summary>
    /// <param name="recordingId">The recording id.</param>
    /// <param name="options">With a register.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ArgumentException">The options have no register.</exception>
    /// <exception cref="RegisterException">The register does not know the recording, or knows several: open by core id.</exception>
    /// <exception cref="ArchiveException">The archive could not be reached, or has no such recording.</exception>
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients', or there is no envelope.</exception>
    public async ValueTask<Recording> OpenAsync(RecordingId recordingId, ReaderOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Register is not { } register)
        {
            throw new ArgumentException("A recording id is looked up in a register: set ReaderOptions.Register, or open by core id.", nameof(options));
        }

        IReadOnlyList<RegisteredRecording> rows = await register.FindAsync(recordingId, cancellationToken).ConfigureAwait(false);
        return rows.Count == 1
            ? await OpenAsync(rows[0].Header.CoreId, options, cancellationToken).ConfigureAwait(false)
            : throw new RegisterException($"The register knows {rows.Count} recordings with the id {recordingId}; open one by its core id.");
    }

    /// <summary>Has the archive delete a recording for good. It asks no register: <see cref="DeletionQueue"/> keeps what is under legal hold.</summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="trust">The archive's pinned key.</param>
    /// <param name="cancellationToken">Cancels the waiting; the deletion may go on.</param>
    /// <returns>The archive's signed word that it was deleted.</returns>
    /// <exception cref="ArchiveException">The archive could not be reached, has no such recording, or its certificate is not one.</exception>
    public async Task<DeletionCertificate> DeleteAsync(CoreId coreId, TrustList trust, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trust);
        DeleteRecordingResponse response = await _caller.AskAsync(
            token => _client.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = ByteString.CopyFrom(coreId.Span) }, cancellationToken: token),
            $"Recording {coreId} could not be deleted",
            cancellationToken).ConfigureAwait(false);
        return DeletionCertificate.TryParse(response.Certificate.Span, out DeletionCertificate? certificate, out string? error)
            && certificate.CoreId == coreId && certificate.Verify(trust)
                ? certificate
                : throw new ArchiveException($"The archive's deletion certificate for {coreId} does not verify: {error ?? "its key is not trusted, or it is for another recording"}.");
    }

    /// <summary>What the archive says of itself, signed.</summary>
    /// <param name="trust">The archive's pinned key.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArchiveException">The archive could not be reached, or its word does not verify.</exception>
    public async Task<ArchiveInfo> GetInfoAsync(TrustList trust, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trust);
        GetArchiveInfoResponse response = await _caller.AskAsync(
            token => _client.GetArchiveInfoAsync(new GetArchiveInfoRequest(), cancellationToken: token), "The archive's information could not be had", cancellationToken).ConfigureAwait(false);
        return ArchiveInfo.TryParse(response.Info.Span, out ArchiveInfo? info, out string? error) && info.Verify(trust)
            ? info
            : throw new ArchiveException($"The archive's information does not verify: {error ?? "its key is not trusted"}.");
    }
}
