using Grpc.Core;
using Grpc.Net.Client;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The customer's side of an archive: lists, opens, verifies, reads and deletes recordings. Nothing that the archive says is trusted. Thread-safe.</summary>
public sealed partial class ArchiveClient
{
    private readonly CallArchive.CallArchiveClient _client;

    /// <summary>Makes a client over a channel, which belongs to the caller.</summary>
    /// <param name="channel">The channel to the archive.</param>
    public ArchiveClient(GrpcChannel channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        _client = new CallArchive.CallArchiveClient(channel);
    }

    /// <summary>Lists what the archive has, by core id. Headers whose certificate is wrong are given too: their <see cref="ArchivedRecording.Header"/> is null.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <exception cref="ArchiveException">The archive could not be reached, or refused.</exception>
    public async IAsyncEnumerable<ArchivedRecording> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ByteString after = ByteString.Empty;
        while (true)
        {
            int count = 0;
            using AsyncServerStreamingCall<StoredRecording> call =
                _client.ListRecordings(new ListRecordingsRequest { After = after }, cancellationToken: cancellationToken);
            while (await Guard(call.ResponseStream.MoveNext(cancellationToken), "The recordings could not be listed").ConfigureAwait(false))
            {
                StoredRecording stored = call.ResponseStream.Current;
                if (stored.CoreId.Length != CoreId.Size)
                {
                    throw new ArchiveException("The archive listed a core id that is not one.");
                }

                count++;
                after = stored.CoreId;
                yield return new ArchivedRecording(
                    new CoreId(stored.CoreId.Span),
                    RecordingHeader.TryParse(stored.Header.Span, out RecordingHeader? header, out _) ? header : null,
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
        return Recording.OpenAsync(new ArchiveSource(_client, coreId), coreId, options, cancellationToken);
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

    /// <summary>Has the archive delete a recording for good.</summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="trust">The archive's pinned key.</param>
    /// <param name="cancellationToken">Cancels the waiting; the deletion may go on.</param>
    /// <returns>The archive's signed word that it was deleted.</returns>
    /// <exception cref="ArchiveException">The archive could not be reached, has no such recording, or its certificate is not one.</exception>
    public async Task<DeletionCertificate> DeleteAsync(CoreId coreId, TrustList trust, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trust);
        DeleteRecordingResponse response = await Guard(
            _client.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = ByteString.CopyFrom(coreId.Span) }, cancellationToken: cancellationToken).ResponseAsync,
            $"Recording {coreId} could not be deleted").ConfigureAwait(false);
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
        GetArchiveInfoResponse response = await Guard(
            _client.GetArchiveInfoAsync(new GetArchiveInfoRequest(), cancellationToken: cancellationToken).ResponseAsync,
            "The archive's information could not be had").ConfigureAwait(false);
        return ArchiveInfo.TryParse(response.Info.Span, out ArchiveInfo? info, out string? error) && info.Verify(trust)
            ? info
            : throw new ArchiveException($"The archive's information does not verify: {error ?? "its key is not trusted"}.");
    }

    internal static async Task<T> Guard<T>(Task<T> call, string what)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled)
        {
            throw new OperationCanceledException(what, e);
        }
        catch (RpcException e)
        {
            throw ArchiveException.From(e, what);
        }
    }
}
