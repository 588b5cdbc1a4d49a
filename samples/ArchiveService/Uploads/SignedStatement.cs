using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>A statement whose signature is checked once: by the stream that received it, if the recording's header is known there, else by the committer.</summary>
internal sealed class SignedStatement(Statement statement, RecordingHeader? header)
{
    // A header is fixed by its core id, so a signature that was checked against it stays checked.
    private readonly bool? _isValid = header is null ? null : statement.Verify(header);

    public Statement Statement { get; } = statement;

    public bool Verify(RecordingHeader header) => _isValid ?? Statement.Verify(header);
}
