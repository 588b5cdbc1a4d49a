using ArchiveService.Recordings;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>A checkpoint or a recovery.</summary>
internal sealed class StatementOperation : WriterOperation
{
    /// <summary>More different recoveries than honest restarts of one gateway make.</summary>
    public const int MaxRecoveries = 8;

    public required SignedStatement Signed { get; init; }

    protected override Outcome Run(Commit commit, StoredState state)
    {
        if (!Signed.Verify(state.Header))
        {
            return Outcome.Invalid("The statement's signature is wrong.");
        }

        Statement statement = Signed.Statement;
        return statement.IsLive ? RunLive(commit, state, statement) : RunRecovery(commit, state, statement);
    }

    private Outcome RunLive(Commit commit, StoredState state, Statement statement)
    {
        LiveVerdict verdict = commit.Judge(state, statement);
        if (verdict == LiveVerdict.New)
        {
            commit.Sign(state, statement);
        }

        return commit.Answer(verdict, Name, state, statement);
    }

    // A recovery displaces nothing: a stolen gateway key must not be able to change what the writer itself signed.
    private Outcome RunRecovery(Commit commit, StoredState state, Statement recovery)
    {
        if (state.IsSealed || recovery.ChunkCount < state.LiveCount || commit.IsStored(state, recovery))
        {
            return Outcome.Durable;
        }

        if (!recovery.OpeningHash.SequenceEqual(state.OpeningHash))
        {
            return Outcome.Invalid("The recovery names another opening record than what is signed.");
        }

        if (!Name.Tenant.Gateways.IsTrusted(TrustedKeyKind.Gateway, state.Header.GatewayKey, recovery.TimeMs))
        {
            return Outcome.Invalid("The gateway key is not on this archive's trust list, or was not valid when the recovery was signed.");
        }

        if (recovery.ChunkCount > state.Count)
        {
            return Outcome.OutOfOrder($"The recovery counts {recovery.ChunkCount} chunks where {state.Count} are stored.");
        }

        if (!commit.HasRoot(state, recovery))
        {
            // Not DIFFERENT: that asks for a replacement, and no recovery replaces anything.
            return Outcome.Invalid("The recovery attests other chunks than those that are stored.");
        }

        if (state.Recoveries == MaxRecoveries)
        {
            return Outcome.Invalid($"The recording has {MaxRecoveries} different recoveries already.");
        }

        commit.Recover(state, recovery);
        return Outcome.Durable;
    }
}
