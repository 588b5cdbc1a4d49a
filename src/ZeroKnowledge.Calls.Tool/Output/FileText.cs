namespace ZeroKnowledge.Calls.Tool;

/// <summary>What a file is, by its content and never by its name.</summary>
internal static class FileText
{
    private const int Shown = 24;

    public static async Task<IReadOnlyList<(string Name, string Value)>> DescribeAsync(Desk desk, string path, CancellationToken cancellationToken) => FileKinds.Of(path) switch
    {
        FileKind.Container => await ContainerAsync(desk, path, cancellationToken).ConfigureAwait(false),
        FileKind.Envelope => [.. EnvelopeText.Fields(InputFile.Read("The envelope", path, KeyEnvelope.Load))],
        FileKind.Grant => [.. GrantText.Fields(InputFile.Read("The grant", path, Grant.Load), File.Exists(desk.Home.Trust) ? desk.Trust : null)],
        FileKind.Range => await RangeAsync(desk, path, cancellationToken).ConfigureAwait(false),
        FileKind.Shares => [("kind", "shares that a member of a group handed over"), ("shares", $"of {InputFile.Read("The shares", path, KeyShares.Load).Count:N0} recordings")],
        FileKind.Text => InputFile.Read("The file", path, Text),
        _ => [("kind", "not a file of this format")],
    };

    private static async Task<IReadOnlyList<(string Name, string Value)>> ContainerAsync(Desk desk, string path, CancellationToken cancellationToken)
    {
        Recording recording = await Recording.OpenFileAsync(path, new ReaderOptions { Trust = desk.Trust }, cancellationToken).ConfigureAwait(false);
        await using (recording.ConfigureAwait(false))
        {
            if (!recording.IsVerified)
            {
                return [("kind", "recording (.zkc)"), ("state", "its header is not by a trusted gateway")];
            }

            RecordingHeader header = recording.Header;
            return
            [
                ("kind", "recording (.zkc), without its key envelope"),
                ("recording", header.RecordingId.ToString()),
                ("core id", header.CoreId.ToString()),
                ("begun", $"{header.Begun:u}"),
                ("chunks", $"{recording.Chunks}, {recording.Signed} of them signed live, of {header.StoredChunkSize:N0} bytes and {header.TickMs:N0} ms"),
                ("suite", header.Suite.ToString()),
                ("size", $"{new FileInfo(path).Length:N0} bytes"),
            ];
        }
    }

    private static async Task<IReadOnlyList<(string Name, string Value)>> RangeAsync(Desk desk, string path, CancellationToken cancellationToken)
    {
        Recording recording = await Recording.OpenFileAsync(path, new ReaderOptions { Trust = desk.Trust }, cancellationToken).ConfigureAwait(false);
        await using (recording.ConfigureAwait(false))
        {
            RecordingReport report = await recording.VerifyAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return
            [
                ("kind", "grant with its chunks (.zkrange)"),
                ("state", $"{report.State}: {ReportText.Counted(report)}"),
                ("recording", recording.IsVerified ? recording.Header.RecordingId.ToString() : "its header or grant is not by somebody you trust"),
                ("size", $"{new FileInfo(path).Length:N0} bytes"),
            ];
        }
    }

    private static List<(string Name, string Value)> Text(string path)
    {
        string text = InputFile.ReadText(path);
        if (RecipientText.IsPem(text))
        {
            // Whole: this is the line for recipients.txt.
            return [("kind", "public key in PEM"), ("security", RecipientText.Classical), ("recipient", Recipient.FromPem(text).ToString())];
        }

        List<(string Name, string Value)> fields = [("kind", "file of keys")];
        foreach (string line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            fields.Add(Line(line));
        }

        return fields;
    }

    // Of a secret key no character is shown.
    private static (string Name, string Value) Line(string line) =>
        line.StartsWith("ZKC-LOCKED-IDENTITY-1", StringComparison.Ordinal) ? ("identity", "private, locked with a passphrase")
        : line.StartsWith("ZKC-LOCKED-P256-IDENTITY-1", StringComparison.Ordinal) ? ("identity", $"private, locked with a passphrase, {RecipientText.Classical}")
        : line.StartsWith("ZKC-P256-IDENTITY-1", StringComparison.Ordinal) ? ("identity", $"private, NOT locked: whoever reads this file reads the calls; {RecipientText.Classical}")
        : line.StartsWith("AGE-SECRET-KEY-PQ-1", StringComparison.Ordinal) ? ("identity", "private, NOT locked: whoever reads this file reads the calls")
        : line.StartsWith("ZKC-OWNER-KEY-1", StringComparison.Ordinal) ? ("owner key", "private: signs grants and erasures")
        : line.StartsWith("ZKC-GATEWAY-KEY-1", StringComparison.Ordinal) ? ("gateway key", "private: signs recordings, opens none")
        : line.StartsWith("ZKC-ARCHIVE-KEY-1", StringComparison.Ordinal) ? ("archive key", "private: signs receipts")
        : line.StartsWith("age1pq1", StringComparison.Ordinal) ? ("recipient", line[..Math.Min(line.Length, Shown)] + "…, X-Wing: post-quantum")
        : line.StartsWith("zkcp2561", StringComparison.Ordinal) ? ("recipient", $"{line[..Math.Min(line.Length, Shown)]}…, {RecipientText.Classical}")
        : line.StartsWith("group ", StringComparison.Ordinal) ? ("group", line["group ".Length..])
        : line.StartsWith("zkc", StringComparison.Ordinal) ? ("trusted key", line)
        : ("line", "not a key that is known");
}
