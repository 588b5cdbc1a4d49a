using System.Runtime.CompilerServices;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

// What the owner's certificate may do beside reading: say who else may read, from this archive, what it could not decrypt without a grant anyway.
public sealed partial class ArchiveClient
{
    /// <summary>Lets the holder of another client certificate read a recording's ciphertext and evidence. Named again, what is named last holds. Removed by a deletion of the recording.</summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="subject">The whole subject of the certificate, most specific part first, for example <c>CN=auditor,O="Example, Inc.",C=DE</c>; case and order count. A renewed certificate with the same subject goes on.</param>
    /// <param name="notAfter">Until when; ms are kept.</param>
    /// <param name="ranges">Which chunks, at most 64 ranges, ascending, not overlapping; null for all. Empty: header, records and statements only.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArchiveException">The archive could not be reached, has no such recording, or refused: the subject is none, or too many readers are named.</exception>
    public async Task NameReaderAsync(
        CoreId coreId, string subject, DateTimeOffset notAfter, IReadOnlyList<ChunkRange>? ranges = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        var request = new NameReaderRequest { CoreId = ByteString.CopyFrom(coreId.Span), Subject = subject, NotAfterMs = UnixTime.ToMs(notAfter) };
        foreach (ChunkRange range in ranges ?? [new ChunkRange(0, Format.MaxChunks)])
        {
            ArgumentOutOfRangeException.ThrowIfNegative(range.First, nameof(ranges));
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(range.End, range.First, nameof(ranges));
            request.Ranges.Add(new NamedRange { First = (uint)range.First, End = (uint)range.End });
        }

        await _caller.AskAsync(token => _client.NameReaderAsync(request, cancellationToken: token), $"No reader could be named for recording {coreId}", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes back what <see cref="NameReaderAsync"/> gave; what was read before, is read. A reader that was not named is fine.</summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="subject">The subject of the reader's certificate.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArchiveException">The archive could not be reached, or has no such recording.</exception>
    public async Task RemoveReaderAsync(CoreId coreId, string subject, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        await _caller.AskAsync(
            token => _client.RemoveReaderAsync(new RemoveReaderRequest { CoreId = ByteString.CopyFrom(coreId.Span), Subject = subject }, cancellationToken: token),
            $"The reader of recording {coreId} could not be removed",
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists the readers that were named.</summary>
    /// <param name="coreId">Of one recording; null for all of the tenant.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <exception cref="ArchiveException">The archive could not be reached, refused, or answered nonsense.</exception>
    public async IAsyncEnumerable<ArchiveReader> ListReadersAsync(CoreId? coreId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ByteString asked = coreId is { } id ? ByteString.CopyFrom(id.Span) : ByteString.Empty;
        await foreach (NamedReader reader in _caller.StreamAsync(
            token => _client.ListReaders(new ListReadersRequest { CoreId = asked }, cancellationToken: token), "The readers could not be listed", cancellationToken).ConfigureAwait(false))
        {
            if (reader.CoreId.Length != CoreId.Size || (coreId is not null && !reader.CoreId.Equals(asked))
                || reader.Ranges.Any(range => range.First >= range.End || range.End > Format.MaxChunks))
            {
                throw new ArchiveException("The archive listed a reader that is none of those asked for.");
            }

            yield return new ArchiveReader(
                new CoreId(reader.CoreId.Span), reader.Subject, [.. reader.Ranges.Select(range => new ChunkRange((int)range.First, (int)range.End))],
                UnixTime.FromMs(reader.NotAfterMs));
        }
    }
}
