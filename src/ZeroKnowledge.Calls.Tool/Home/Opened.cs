namespace ZeroKnowledge.Calls.Tool;

/// <summary>A recording that the user named, from a file or from the archive.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Recording">Belongs to the caller.</param>
internal sealed record Opened(string Name, Recording Recording)
{
    /// <summary>Opens a <c>.zkc</c> file, or a recording of the register in the archive.</summary>
    /// <param name="desk">The files and keys.</param>
    /// <param name="name">A file, or an id.</param>
    /// <param name="withKey">False only to verify.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    public static async Task<Opened> OpenAsync(Desk desk, string name, bool withKey, CancellationToken cancellationToken)
    {
        if (File.Exists(name))
        {
            return new Opened(name, await OpenFileAsync(desk, name, withKey, cancellationToken).ConfigureAwait(false));
        }

        RegisteredRecording row = await RecordingName.FindAsync(desk, name, cancellationToken).ConfigureAwait(false);
        return new Opened(
            row.Header.RecordingId.ToString(), await desk.Archive.OpenAsync(row.Header.CoreId, Options(desk, withKey), cancellationToken).ConfigureAwait(false));
    }

    private static async Task<Recording> OpenFileAsync(Desk desk, string path, bool withKey, CancellationToken cancellationToken) => FileKinds.Of(path) switch
    {
        FileKind.Container => await Recording.OpenFileAsync(path, Options(desk, withKey), cancellationToken).ConfigureAwait(false),
        FileKind.Range => await Recording.OpenFileAsync(path, OptionsOf(desk, withKey, null), cancellationToken).ConfigureAwait(false),
        FileKind.Grant => await OpenGrantAsync(desk, InputFile.Read("The grant", path, Grant.Load), withKey, cancellationToken).ConfigureAwait(false),
        _ => throw new UserException($"'{path}' is not a recording: 'zkcalls info {path}' says what it is."),
    };

    private static async Task<Recording> OpenGrantAsync(Desk desk, Grant grant, bool withKey, CancellationToken cancellationToken) =>
        await desk.Archive.OpenAsync(grant.CoreId, OptionsOf(desk, withKey, grant), cancellationToken).ConfigureAwait(false);

    private static ReaderOptions Options(Desk desk, bool withKey) => new()
    {
        Trust = desk.Trust,
        Register = desk.HasRegister ? desk.Register : null,
        Identity = withKey ? desk.Identity : null,
        Recipients = desk.RecipientsIfThere,
    };

    // A grantee has neither register nor list of recipients.
    private static ReaderOptions OptionsOf(Desk desk, bool withKey, Grant? grant) => new() { Trust = desk.Trust, Identity = withKey ? desk.Identity : null, Grant = grant };
}
