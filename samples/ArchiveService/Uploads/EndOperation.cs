using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>The end of a recording: closing record and seal, which fit each other.</summary>
internal sealed class EndOperation : WriterOperation
{
    public required ReadOnlyMemory<byte> ClosingRecord { get; init; }

    public required SignedStatement Signed { get; init; }

    protected override Outcome Run(Commit commit, StoredState state)
    {
        if (!Signed.Verify(state.Header))
        {
            return Outcome.Invalid("The seal's signature is wrong.");
        }

        if (ClosingRecord.Length != state.Header.StoredClosingSize)
        {
            return Outcome.Invalid(
                $"A closing record of this recording has {state.Header.StoredClosingSize} bytes, not {ClosingRecord.Length}.");
        }

        LiveVerdict verdict = commit.Judge(state, Signed.Statement);
        if (verdict == LiveVerdict.New)
        {
            commit.Seal(Name, state, Signed.Statement, ClosingRecord.Span);
        }

        return commit.Answer(verdict, Name, state, Signed.Statement);
    }
}
