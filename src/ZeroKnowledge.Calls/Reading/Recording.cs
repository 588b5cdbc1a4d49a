using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls;

/// <summary>
/// A recording opened for verifying and reading, from an archive or a <c>.zkc</c> file. Plaintext of a chunk is released only after that chunk was
/// verified; tampering is a <see cref="TamperedException"/> before a byte is visible. Used by one thread at a time. Disposal wipes the keys.
/// </summary>
public sealed partial class Recording : IAsyncDisposable
{
    private readonly IRecordingSource _source;
    private readonly RecordingEvidence _evidence;
    private readonly RecordingKeys? _keys;
    private readonly IReadOnlyList<ErasureCertificate> _erasures;
    private readonly bool _metadataIsGood = true;
    private readonly Grant? _grant;

    private Recording(IRecordingSource source, RecordingEvidence evidence, RecordingKeys? keys, RegisteredRecording? row, ReaderOptions options)
    {
        _source = source;
        _evidence = evidence;
        _keys = keys;
        _erasures = [];
        _grant = options.Grant;
        IsClassical = options.Grant?.IsClassical ?? (options.Envelope ?? row?.Envelope)?.IsClassical;
        if (evidence.Header is not { } header)
        {
            return;
        }

        // What an envelope lacks was destroyed by it or by one before it, never by a later one.
        uint version = (options.Envelope ?? row?.Envelope)?.Version ?? uint.MaxValue;
        _erasures = row is null
            ? []
            : [.. row.Erasures.Where(certificate => certificate.CoreId == header.CoreId && certificate.EnvelopeVersion <= version && certificate.Verify(options.Trust))];
        _metadataIsGood = !evidence.MetadataIsAltered;
        if (keys is { HasMetadataKeys: true })
        {
            Metadata = evidence.OpeningIsSigned ? MetadataOpener.Opening(header, keys, evidence.Parts) : null;
            CallSummary? summary = evidence.ClosingIsSigned ? MetadataOpener.Closing(header, keys, evidence.Parts) : null;
            Summary = summary?.Reason == evidence.Statements!.Seal?.Reason ? summary : null;
            _metadataIsGood &= (Metadata is not null || !evidence.OpeningIsSigned) && (Summary is not null || !evidence.ClosingIsSigned);
        }
    }

    /// <summary>False if the header, its gateway or the key envelope could not be verified: then nothing is released, and <see cref="VerifyAsync"/> says why.</summary>
    public bool IsVerified => _evidence.Header is not null;

    /// <summary>The signed start of the recording.</summary>
    /// <exception cref="TamperedException">It could not be verified.</exception>
    public RecordingHeader Header => _evidence.Header ?? throw Refused();

    /// <summary>What was known of the call when it began; null without a key for it, or if it is not what was signed.</summary>
    public CallMetadata? Metadata { get; }

    /// <summary>What the writer said at the end; null without a key for it, or without a seal that covers it.</summary>
    public CallSummary? Summary { get; }

    /// <summary>How many chunks the source has.</summary>
    public int Chunks => _evidence.Parts.Chunks;

    /// <summary>The chunks that can be read: those of the grant that are there, else all.</summary>
    public ChunkRange Range => _grant is { } grant ? new ChunkRange(Math.Min(grant.Range.First, Chunks), Math.Min(grant.Range.End, Chunks)) : new ChunkRange(0, Chunks);

    /// <summary>How many chunks, from the first, can be proven by a live statement of the writer: all that it counts must be there.</summary>
    public int Signed => _evidence.LiveBase?.ChunkCount ?? 0;

    /// <summary>Whether the key envelope, or the grant that it is read with, is wrapped to a classical key (P-256), which a quantum computer would open; null if there is neither.</summary>
    public bool? IsClassical { get; }

    internal RecordingEvidence Evidence => _evidence;

    internal IRecordingSource Source => _source;

    /// <summary>Opens a <c>.zkc</c> file, or the file of a range, <c>.zkrange</c>, which brings its own grant.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Trust list, and identity with envelope or register to decrypt.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients', or there is no envelope.</exception>
    /// <exception cref="TamperedException">The file does not begin as a recording.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ValueTask<Recording> OpenFileAsync(string path, ReaderOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return RangeFileSource.TryOpen(path, options.Grant) is { } range
            ? OpenAsync(range, null, options.With(range.Grant), cancellationToken)
            : OpenAsync(ContainerSource.Open(path), options.Envelope?.CoreId, options, cancellationToken);
    }

    /// <summary>Verifies the whole recording: reads every chunk once. With a key each is opened too, so that exact chunks can be named.</summary>
    /// <param name="progress">Told how many chunks were read.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    public async Task<RecordingReport> VerifyAsync(IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        if (_evidence.Header is null)
        {
            return new RecordingReport { State = RecordingState.NotVerified, Chunks = Chunks, Range = Range, Findings = [.. _evidence.Findings] };
        }

        if (_grant is not null)
        {
            return await VerifyRangeAsync(progress, cancellationToken).ConfigureAwait(false);
        }

        RecordingVerifier verifier = new(_evidence, _keys, MissingKey);
        for (int first = 0; first < Chunks; first += ChunkBatch.Size)
        {
            int end = Math.Min(first + ChunkBatch.Size, Chunks);
            ChunkBatch batch = await ReadAsync(first, end, 0, cancellationToken).ConfigureAwait(false);
            foreach (ReadOnlyMemory<byte> chunk in batch.Chunks)
            {
                verifier.Add(chunk.Span);
            }

            progress?.Report(end);
        }

        return verifier.Report(_metadataIsGood);
    }

    /// <summary>Reads frames in the order of their arrival: audio, events, formats and gaps. Each chunk is verified before its frames are released.</summary>
    /// <param name="from">Arrival since the recording began, inclusive; null for the start. Formats before it are given too, as they explain what follows.</param>
    /// <param name="to">Arrival since the recording began, exclusive; null for the end.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="TamperedException">A chunk, or the recording, is not what was signed.</exception>
    /// <exception cref="NoMatchingKeyException">The recording was opened without an identity.</exception>
    public async IAsyncEnumerable<Frame> ReadFramesAsync(
        TimeSpan? from = null, TimeSpan? to = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RecordingPlayer player = Player();
        // Arrivals are whole milliseconds: the first one not before a time is that time, rounded up.
        long fromMs = (long)Math.Ceiling((from ?? TimeSpan.Zero).TotalMilliseconds);
        long toMs = to is { } limit ? (long)Math.Ceiling(limit.TotalMilliseconds) : long.MaxValue;
        int first = fromMs > 0 ? await player.FindAsync(fromMs, cancellationToken).ConfigureAwait(false) : 0;
        await foreach (ParsedPayload payload in player.PlayAsync(first, cancellationToken).ConfigureAwait(false))
        {
            if (payload.EarliestMs >= toMs)
            {
                yield break;
            }

            foreach (Frame frame in payload.Frames)
            {
                if (frame.ArrivalMs < toMs && (frame.ArrivalMs >= fromMs || frame.Kind == FrameKind.Format))
                {
                    yield return frame;
                }
            }
        }
    }

    /// <summary>Writes the audio as 16-bit PCM WAV, one channel for each leg, aligned by arrival time; two legs give stereo. Knows G.711 (PCMA, PCMU) and L16.</summary>
    /// <param name="path">The file to write; replaced if it exists. A new one can be read by its owner only (on Windows: as the folder says).</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="TamperedException">A chunk, or the recording, is not what was signed. The file then holds what was verified before.</exception>
    /// <exception cref="CallRecordingException">A codec that WAV export does not know.</exception>
    /// <exception cref="NoMatchingKeyException">The recording was opened without an identity.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task ExportWavAsync(string path, CancellationToken cancellationToken = default)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream stream = new(path, options);
        await using (stream.ConfigureAwait(false))
        {
            await ExportWavAsync(stream, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the audio of a time range as WAV; see <see cref="ExportWavAsync(string, CancellationToken)"/>.</summary>
    /// <param name="stream">Where to write, from its position on; it stays open. If it is not seekable, the lengths in the WAV header stay unknown (2^32 − 1), and all legs must be there from the beginning.</param>
    /// <param name="from">Arrival since the recording began, inclusive; null for the start of what can be read. It becomes the first sample.</param>
    /// <param name="to">Arrival since the recording began, exclusive; null for the end.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <returns>How many audio frames were written: 0 if there are none in the range, or no keys for them.</returns>
    /// <exception cref="TamperedException">A chunk, or the recording, is not what was signed. The stream then holds what was verified before.</exception>
    /// <exception cref="CallRecordingException">A codec that WAV export does not know, or a leg that joined later and a stream that is not seekable.</exception>
    /// <exception cref="NoMatchingKeyException">The recording was opened without an identity.</exception>
    public async Task<long> ExportWavAsync(Stream stream, TimeSpan? from = null, TimeSpan? to = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        int channels = Math.Max(1, Metadata?.Legs.Count ?? await CountLegsAsync(from, to, cancellationToken).ConfigureAwait(false));
        long start = stream.CanSeek ? stream.Position : 0;
        while (true)
        {
            (long frames, int? more) = await TryExportAsync(stream, channels, from, to, cancellationToken).ConfigureAwait(false);
            if (more is null)
            {
                return frames;
            }

            if (!stream.CanSeek)
            {
                throw new CallRecordingException($"Leg {more - 1} joined later, and what was written cannot be changed any more: export to a file.");
            }

            channels = more.Value;
            stream.SetLength(start);
            stream.Position = start;
        }
    }

    /// <summary>Writes the recording, still encrypted, as a <c>.zkc</c> file. The key envelope is a file of its own.</summary>
    /// <param name="path">The file to write; replaced if it exists.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="TamperedException">The header is not verified, or the first checkpoint is missing.</exception>
    /// <exception cref="InvalidOperationException">The recording was opened with a grant: see <see cref="SaveRangeAsync"/>.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        _ = Header;
        if (_grant is not null)
        {
            throw new InvalidOperationException("A grant gives a range and not the recording: save it with SaveRangeAsync.");
        }

        FileStream stream = new(path, FileMode.Create, FileAccess.Write);
        await using (stream.ConfigureAwait(false))
        {
            await SaveAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the recording, still encrypted, in the form of a <c>.zkc</c> file.</summary>
    /// <param name="stream">Where to write; it stays open.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="TamperedException">The header is not verified, or the first checkpoint is missing.</exception>
    public async Task SaveAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _ = Header;
        await RecordingSaver.SaveAsync(this, stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Wipes the keys and closes the source.</summary>
    public ValueTask DisposeAsync()
    {
        _keys?.Dispose();
        return _source.DisposeAsync();
    }

    /// <param name="source">Disposed with the recording, or if this throws.</param>
    /// <param name="expected">The core id asked for, where there is one.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    internal static async ValueTask<Recording> OpenAsync(IRecordingSource source, CoreId? expected, ReaderOptions options, CancellationToken cancellationToken)
    {
        try
        {
            RecordingParts parts = await source.GetPartsAsync(cancellationToken).ConfigureAwait(false);
            expected = options.Grant?.CoreId ?? expected;
            CoreId id = expected ?? CoreId.Of(parts.Header.Span);
            RegisteredRecording? row = options.Register is { } register ? await register.FindAsync(id, cancellationToken).ConfigureAwait(false) : null;
            RecordingEvidence evidence = RecordingEvidence.Judge(parts, expected, options.Trust, row, options.Grant);
            if (options.Envelope is { } given && row is { } known && (known.Envelope is { } newer ? given.Version < newer.Version : known.Erasures.Count > 0))
            {
                evidence.Note($"The key envelope given is version {given.Version}; {(known.Envelope is { } current ? $"the register has version {current.Version}" : "the register says that it was erased")}.");
            }

            if (options.Recipients is { } recipients && (options.Envelope ?? row?.Envelope) is { } envelope)
            {
                recipients.Strangers(envelope).ForEach(evidence.Note);
            }

            RecordingKeys? keys = evidence.Header is null || options.Identity is null ? null : OpenKeys(evidence, options, row);
            return new Recording(source, evidence, keys, row, options);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static RecordingKeys? OpenKeys(RecordingEvidence evidence, ReaderOptions options, RegisteredRecording? row)
    {
        if (options.Grant is { } grant)
        {
            return OpenGrant(grant, evidence, options.Identity!);
        }

        KeyEnvelope? envelope = options.Envelope ?? row?.Envelope;
        if (envelope is null)
        {
            return row is { Erasures.Count: > 0 }
                ? RecordingKeys.None()
                : throw new NoMatchingKeyException("There is no key envelope for this recording: give a register that knows it, or an envelope.");
        }

        try
        {
            List<string> noticed = [];
            RecordingKeys keys = EnvelopeReader.Open(envelope, evidence.Header!, options.Identity!, options.Shares, noticed);
            noticed.ForEach(evidence.Note);
            return keys;
        }
        catch (TamperedException e)
        {
            evidence.Refuse(e.Message);
            return null;
        }
    }

    /// <summary>Reads, verifies and opens one chunk; nothing else is fetched.</summary>
    /// <returns>Null if there is no key for it: see <see cref="MissingKey"/>.</returns>
    /// <exception cref="TamperedException">The chunk, or the recording, is not what was signed.</exception>
    /// <exception cref="NoMatchingKeyException">The recording was opened without an identity.</exception>
    internal ValueTask<ParsedPayload?> OpenChunkAsync(int index, CancellationToken cancellationToken) => Player().OpenAsync(index, cancellationToken);

    internal async ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken)
    {
        ChunkBatch batch = await _source.ReadAsync(first, end, treeSize, cancellationToken).ConfigureAwait(false);
        return batch.Chunks.Count == end - first
            ? batch
            : throw new TamperedException(Header.CoreId, Math.Min(first + batch.Chunks.Count, end), $"the source was asked for {end - first} chunks from {first} on and gave {batch.Chunks.Count}.");
    }

    private RecordingPlayer Player()
    {
        RecordingHeader header = Header;
        return _keys is { } keys
            ? new RecordingPlayer(this, header, keys)
            : throw new NoMatchingKeyException("The recording was opened without an identity: it can be verified, not read.");
    }

    // Without the metadata: those that the first chunk has.
    private async ValueTask<int> CountLegsAsync(TimeSpan? from, TimeSpan? to, CancellationToken cancellationToken)
    {
        int legs = 0, chunk = -1;
        await foreach (Frame frame in ReadFramesAsync(from, to, cancellationToken).ConfigureAwait(false))
        {
            chunk = chunk < 0 ? frame.Chunk : chunk;
            if (frame.Chunk != chunk)
            {
                break;
            }

            legs = frame.Kind == FrameKind.Gap ? legs : Math.Max(legs, frame.Leg + 1);
        }

        return legs;
    }

    private async ValueTask<(long Frames, int? Channels)> TryExportAsync(Stream stream, int channels, TimeSpan? from, TimeSpan? to, CancellationToken cancellationToken)
    {
        long frames = 0;
        // Of a grant the silence before it is not written.
        long? origin = from is { } time ? CeilingMs(time) : Range.First > 0 ? null : 0;
        WavWriter wav = new(stream, channels, origin);
        try
        {
            await foreach (Frame frame in ReadFramesAsync(from, to, cancellationToken).ConfigureAwait(false))
            {
                if (frame.Leg >= channels && frame.Kind != FrameKind.Gap)
                {
                    // A leg that joined later: begin again with a channel for it.
                    return (0, frame.Leg + 1);
                }

                wav.Write(frame);
                frames += frame.Kind == FrameKind.Audio ? 1 : 0;
            }
        }
        catch (TamperedException)
        {
            // A verified prefix is never thrown away.
            wav.Finish();
            throw;
        }

        wav.Finish();
        return (frames, null);
    }

    /// <summary>What to say of a chunk without a key.</summary>
    internal RangeStatus MissingKey(int chunk) =>
        _grant is { } grant && !grant.Range.Contains(chunk) ? RangeStatus.NotGranted :
        _erasures.Any(certificate => certificate.Ranges.Any(range => range.Contains(chunk))) ? RangeStatus.Erased : RangeStatus.NoKey;

    private TamperedException Refused() => new($"The recording is not verified: {string.Join(" ", _evidence.Findings)}");
}
