using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>
/// Encrypts and signs one recording. After the start it holds the frontier of the key tree, the closing key and the signing key, in a slot of
/// locked memory, and nothing that opens a chunk it has encrypted. Synchronous; used by one thread at a time. Disposal only wipes.
/// </summary>
internal sealed class RecordingWriter : IDisposable
{
    private readonly SecretSlot _slot;
    private readonly MerklePeaks _peaks = new();
    private readonly byte[] _openingHash;

    private RecordingWriter(SecretSlot slot, RecordingHeader header, byte[] openingHash)
    {
        _slot = slot;
        _openingHash = openingHash;
        CoreId = header.CoreId;
        Suite = header.Suite;
        StoredChunkSize = header.StoredChunkSize;
    }

    public CoreId CoreId { get; }

    public Suite Suite { get; }

    public int StoredChunkSize { get; }

    /// <summary>Where the payload lies in a chunk's buffer before it is encrypted in place.</summary>
    public int PayloadOffset => Sealing.MessageOffset(Suite);

    public int ChunkCount => _peaks.Count;

    /// <summary>Begins a recording whose secrets lie in <paramref name="slabs"/>.</summary>
    /// <exception cref="ArgumentException">Policy or metadata are out of their limits.</exception>
    /// <exception cref="AdmissionException">Locked memory is required and there is none.</exception>
    public static RecordingWriter Begin(
        RecordingPolicy policy, CallMetadata metadata, RecordingId recordingId, DateTimeOffset begun, CoreId previous, SecretSlabs slabs, out RecordingStart start) =>
        Begin(policy, metadata, recordingId, begun, previous, slabs.Rent(), out start);

    /// <summary>Begins a recording.</summary>
    /// <param name="policy">How it is made.</param>
    /// <param name="metadata">What is said of the call.</param>
    /// <param name="recordingId">Random.</param>
    /// <param name="begun">When, by the gateway's clock.</param>
    /// <param name="previous">The recording that it continues, or zeros.</param>
    /// <param name="slot">Room for its secrets. It is the writer's from now on, and given back if it cannot begin.</param>
    /// <param name="start">What goes to the register and to the archives.</param>
    /// <exception cref="ArgumentException">Policy or metadata are out of their limits.</exception>
    public static RecordingWriter Begin(
        RecordingPolicy policy, CallMetadata metadata, RecordingId recordingId, DateTimeOffset begun, CoreId previous, SecretSlot slot, out RecordingStart start)
    {
        byte[] opening = [];
        Span<byte> secrets = stackalloc byte[5 * Format.KeySize];
        Span<byte> secret = secrets[..32], prk = secrets.Slice(32, 32), control = secrets.Slice(64, 32), key = secrets.Slice(96, 32), seed = secrets[128..];
        Span<byte> publicKey = stackalloc byte[VerifyKey.Size];
        Span<byte> prefix = stackalloc byte[RecordingHeader.PrefixSize];
        Span<byte> commitment = stackalloc byte[Format.HashSize];
        try
        {
            policy.Validate();
            opening = new byte[Format.OpeningPadded + Format.Overhead(policy.Suite)];
            MetadataRecord.WriteOpening(metadata, begun, opening.AsSpan(Sealing.MessageOffset(policy.Suite), Format.OpeningPadded));

            SystemRandom.Fill(seed);
            Ed25519.KeyPair(seed, publicKey, slot.SigningKey);

            SystemRandom.Fill(secret);
            KeySchedule.Extract(secret, prk);
            RecordingHeader.WritePrefix(prefix, policy.Suite, policy.TickMs, policy.PayloadSizeFor(metadata.Legs), recordingId, UnixTime.ToMs(begun), previous);
            KeySchedule.Control(prk, prefix, control);
            KeySchedule.Commitment(control, commitment);
            RecordingHeader header = RecordingHeader.Build(prefix, commitment, new VerifyKey(publicKey), policy.Gateway);

            KeySchedule.OpeningKey(prk, header.CoreId, key);
            Sealing.SealInPlace(policy.Suite, key, opening);
            KeySchedule.ClosingKey(prk, header.CoreId, slot.ClosingKey);
            KeySchedule.TreeRoot(prk, header.CoreId, key);
            KeyFrontier.Start(slot.Frontier, key);
            byte[] envelope = EnvelopeWriter.WriteWhole(policy.Suite, header.CoreId, secret, control, policy.Recipients);

            RecordingWriter writer = new(slot, header, SHA256.HashData(opening));
            byte[] checkpoint = new byte[Statement.Size];
            writer.WriteCheckpoint(begun, checkpoint);
            start = new RecordingStart(header, opening, Parsed(checkpoint), ParsedEnvelope(envelope));
            return writer;
        }
        catch
        {
            slot.Dispose();
            // What was not sealed yet is the metadata in clear.
            CryptographicOperations.ZeroMemory(opening);
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>Encrypts, in place, the payload that lies at <see cref="PayloadOffset"/>, and adds the chunk to the tree. Allocates nothing.</summary>
    /// <param name="stored">Exactly <see cref="StoredChunkSize"/> bytes.</param>
    /// <param name="leaf">Is given its leaf hash: 32 bytes, or none if it is not wanted.</param>
    /// <param name="nonces">Randomness for many chunks at once; null to ask the system for this one.</param>
    /// <returns>The chunk's index.</returns>
    public int EncryptChunk(Span<byte> stored, Span<byte> leaf = default, NonceBatch? nonces = null)
    {
        if (stored.Length != StoredChunkSize)
        {
            throw new ArgumentException($"A stored chunk of this recording has {StoredChunkSize} bytes, not {stored.Length}.", nameof(stored));
        }

        int index = ChunkCount;
        if (index == Format.MaxChunks)
        {
            throw new InvalidOperationException($"A recording has at most {Format.MaxChunks:N0} chunks.");
        }

        Span<byte> key = stackalloc byte[Format.KeySize];
        try
        {
            KeyFrontier.Take(_slot.Frontier, index, key);
            Sealing.SealInPlace(Suite, key, stored, nonces);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        Span<byte> hash = stackalloc byte[Format.HashSize];
        MerkleTree.LeafHash(stored, hash);
        _peaks.Append(hash);
        if (!leaf.IsEmpty)
        {
            hash.CopyTo(leaf);
        }

        return index;
    }

    /// <summary>Writes the tree over all chunks so far, from which a recovery can go on.</summary>
    /// <returns>The number of bytes, at most 804.</returns>
    public int CopyPeaks(Span<byte> destination)
    {
        _peaks.CopyTo(destination);
        return _peaks.Size;
    }

    /// <summary>Signs a checkpoint over all chunks so far. Allocates nothing.</summary>
    /// <param name="time">By the gateway's clock.</param>
    /// <param name="statement">224 bytes.</param>
    public void WriteCheckpoint(DateTimeOffset time, Span<byte> statement) => WriteStatement(StatementType.Checkpoint, time, EndReason.None, default, statement);

    /// <summary>Seals the recording: encrypts the closing record, signs the end, and wipes all secrets.</summary>
    /// <param name="summary">Its reason is that of the seal.</param>
    /// <param name="closingRecord">The closing record as stored: 1,024 bytes + overhead.</param>
    /// <param name="seal">224 bytes.</param>
    public void Seal(CallSummary summary, Span<byte> closingRecord, Span<byte> seal)
    {
        MetadataRecord.WriteClosing(summary, closingRecord.Slice(Sealing.MessageOffset(Suite), Format.ClosingPadded));
        Sealing.SealInPlace(Suite, _slot.ClosingKey, closingRecord);
        Span<byte> closingHash = stackalloc byte[Format.HashSize];
        SHA256.HashData(closingRecord, closingHash);
        WriteStatement(StatementType.Seal, summary.Ended, summary.Reason, closingHash, seal);
        Dispose();
    }

    public void Dispose() => _slot.Dispose();

    public override string ToString() => nameof(RecordingWriter);

    private void WriteStatement(StatementType type, DateTimeOffset time, EndReason reason, ReadOnlySpan<byte> closingHash, Span<byte> statement)
    {
        Span<byte> root = stackalloc byte[Format.HashSize];
        _peaks.Root(root);
        Statement.Write(statement, type, CoreId, _openingHash, ChunkCount, ChunkCount, root, UnixTime.ToMs(time), reason, closingHash);
        Statement.Sign(statement, _slot.SigningKey);
    }

    private static Statement Parsed(ReadOnlySpan<byte> bytes) =>
        Statement.TryParse(bytes, out Statement? statement, out string? error) ? statement : throw new InvalidOperationException(error);

    private static KeyEnvelope ParsedEnvelope(ReadOnlySpan<byte> bytes) =>
        KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error) ? envelope : throw new InvalidOperationException(error);
}
