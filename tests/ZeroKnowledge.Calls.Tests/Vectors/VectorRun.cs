using System.Text;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Reads a vector as a customer reads a recording, and says what came out.</summary>
internal static class VectorRun
{
    public static async Task<VectorOutcome> ReadAsync(VectorFile file, bool withKey, bool container)
    {
        TrustList trust;
        try
        {
            trust = TrustList.Parse(file.Trust);
        }
        catch (FormatException)
        {
            return new VectorOutcome { Refused = "trust" };
        }

        using Identity? identity = ParseIdentity(file, withKey, out bool refused);
        if (refused)
        {
            return new VectorOutcome { Refused = "identity" };
        }

        if (!container && !RecordingHeader.TryParse(Convert.FromHexString(file.Header!), out _, out string? error) && !error.Contains("certificate", StringComparison.Ordinal))
        {
            return Outcome.Refused("header");
        }

        KeyEnvelope? envelope = null;
        if (withKey && file.Envelope is not null && !KeyEnvelope.TryParse(Convert.FromHexString(file.Envelope), out envelope, out _))
        {
            return Outcome.Refused("envelope");
        }

        Grant? grant = null;
        if (file.Grant is not null && !Grant.TryParse(Convert.FromHexString(file.Grant), out grant, out _))
        {
            return Outcome.Refused("grant");
        }

        List<KeyShares> shares = [];
        foreach (string hex in withKey ? file.Shares ?? [] : [])
        {
            if (!KeyShares.TryParse(Convert.FromHexString(hex), out KeyShares? parsed, out _))
            {
                return Outcome.Refused("shares");
            }

            shares.Add(parsed);
        }

        IRegister? register = file.Register is null && file.RegisterEnvelope is null ? null : new VectorRegister(file);
        ReaderOptions options = new() { Trust = trust, Identity = identity, Envelope = envelope, Grant = grant, Register = register, Shares = shares };
        using TemporaryDirectory directory = new();
        try
        {
            await using Recording recording = await OpenAsync(file, options, container ? directory : null);
            return await ReadAsync(recording, trust);
        }
        catch (NoMatchingKeyException)
        {
            return new VectorOutcome { Refused = "recipient" };
        }
        catch (TamperedException) when (container)
        {
            return Outcome.Refused("container");
        }
    }

    private static async Task<Recording> OpenAsync(VectorFile file, ReaderOptions options, TemporaryDirectory? directory)
    {
        if (directory is null)
        {
            CoreId? expected = file.CoreId is { } id ? CoreId.Parse(id) : options.Envelope?.CoreId;
            return await Recording.OpenAsync(new VectorSource(file), expected, options, CancellationToken.None);
        }

        return await Recording.OpenFileAsync(directory.Write("vector.zkc", Convert.FromHexString(file.Container!)), options);
    }

    private static async Task<VectorOutcome> ReadAsync(Recording recording, TrustList trust)
    {
        RecordingReport report = await recording.VerifyAsync();
        List<Frame> frames = await FramesAsync(recording);
        return new VectorOutcome
        {
            State = report.State.ToString(),
            Reason = report.EndReason == EndReason.None ? null : report.EndReason.ToString().ToLowerInvariant(),
            Chunks = report.Chunks,
            Verified = report.Verified,
            Signed = report.Signed,
            Corrupt = report.CorruptChunks,
            RefusedStatements = RefusedStatements(recording, trust),
            NoKey = Indexes(report, RangeStatus.NoKey),
            Gaps = Indexes(report, RangeStatus.Gap),
            Frames = frames.Count(frame => frame.Kind is FrameKind.Audio or FrameKind.Event),
            Finding = report.Findings.Count > 0,
            OpeningReleased = recording.Metadata is not null,
            ClosingReleased = recording.Summary is not null,
            Opening = recording.Metadata is { } call ? Of(call) : null,
            Closing = recording.Summary is { } summary ? Of(summary) : null,
            Content = [.. frames.Select(frame => VectorFrame.Of(frame, frame.Chunk, frame.IsSigned))],
        };
    }

    private static async Task<List<Frame>> FramesAsync(Recording recording)
    {
        List<Frame> frames = [];
        try
        {
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                frames.Add(frame);
            }
        }
        catch (Exception e) when (e is TamperedException or NoMatchingKeyException)
        {
            // What came before was released.
        }

        return frames;
    }

    private static IReadOnlyList<int>? RefusedStatements(Recording recording, TrustList trust) => !recording.IsVerified
        ? null
        : [.. recording.Evidence.Parts.Statements.Index().Where(s => !new StatementSet(recording.Header, trust).Add(s.Item.Span)).Select(s => s.Index)];

    private static int[] Indexes(RecordingReport report, RangeStatus status) =>
        [.. report.Ranges.Where(range => range.Status == status).SelectMany(range => Enumerable.Range(range.Range.First, range.Range.End - range.Range.First))];

    private static VectorOpening Of(CallMetadata call) => new(
        call.CallId,
        (ulong)call.Started!.Value.ToUnixTimeMilliseconds(),
        [.. call.Legs.Select(VectorLeg.Of)],
        [.. call.Parties.Select(party => new VectorParty(party.Leg, party.Name, party.Address))],
        [.. call.Tags.Select(tag => new VectorTag(tag.Key, tag.Value))]);

    private static VectorClosing Of(CallSummary summary) => new(
        (ulong)summary.Ended.ToUnixTimeMilliseconds(), summary.Reason.ToString().ToLowerInvariant(), summary.Frames, summary.DroppedFrames, (long)summary.Gaps.TotalMilliseconds);

    private static Identity? ParseIdentity(VectorFile file, bool withKey, out bool refused)
    {
        refused = false;
        if (!withKey || file.Identities is null)
        {
            return null;
        }

        try
        {
            return Identity.Parse(Assert.Single(file.Identities), Encoding.UTF8.GetBytes(file.Passphrase ?? string.Empty));
        }
        catch (Exception e) when (e is FormatException or PassphraseException)
        {
            refused = true;
            return null;
        }
    }
}
