using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls recover</c>: when all single keys are lost, k of the n members of a group open the recordings together.</summary>
internal static class RecoverCommand
{
    private static readonly Option<string> For = new("--for")
    {
        Description = "The combiner's public key: a file, or an age1pq1 string. Be sure whose it is: whoever gets enough shares reads the calls.", HelpName = "KEY", Required = true,
    };

    private static readonly Option<string> Output = new("--output", "-o") { Description = "The file of shares to write.", HelpName = "FILE", Required = true };

    private static readonly Argument<string[]> Shares = new("SHARES") { Description = "The members' files of shares.", Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        Command command = new("recover", "Opens recordings with k of the n members of a group, when the single keys are lost.");
        command.Subcommands.Add(new Verb(
            "share",
            "As a member of a group: hands this member's shares over to whoever combines them. Nobody else can read the file.",
            ["zkcalls recover share --identity member-1.txt --for identity-2.txt -o member-1.zkcshares"],
            [For, Output, .. Desk.Keys, .. Desk.Files],
            ShareAsync));
        command.Subcommands.Add(new Verb(
            "combine",
            "With the shares of enough members: wraps every recording's key to the keys in recipients.txt, as 'zkcalls rotate' does.",
            ["zkcalls recover combine member-1.zkcshares member-2.zkcshares member-4.zkcshares --identity identity-2.txt"],
            [Shares, Desk.AllowMixed, .. Desk.Keys, .. Desk.Files],
            CombineAsync));
        return command;
    }

    private static async Task<int> ShareAsync(Invocation invocation)
    {
        string output = invocation.Get(Output)!;
        NewFile.Refuse(output);
        Recipient combiner = RecipientText.Read("--for", invocation.Get(For)!);
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            KeyShares shares = await desk.Member().HandOverSharesAsync(combiner, cancellationToken: invocation.CancellationToken).ConfigureAwait(false);
            shares.Save(output);
            invocation.Terminal.Result(
                new JsonObject { ["file"] = output, ["shares"] = shares.Count },
                () => invocation.Terminal.Line($"{output}: the shares of {shares.Count:N0} recordings, for the combiner alone."));
            return ExitCode.Ok;
        }
    }

    private static async Task<int> CombineAsync(Invocation invocation)
    {
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            KeyShares[] shares = [.. invocation.Get(Shares).Select(path => InputFile.Read("SHARES", path, KeyShares.Load))];
            RotationReport report = await Custody.RunAsync(invocation, "Recovering", progress => desk.Holder(shares).RotateAsync(progress, invocation.CancellationToken)).ConfigureAwait(false);
            return RotateCommand.Show(invocation.Terminal, desk, report);
        }
    }
}
