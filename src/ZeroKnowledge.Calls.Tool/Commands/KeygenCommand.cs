using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls keygen</c>: all keys of a home, or one more identity.</summary>
internal static class KeygenCommand
{
    private static readonly Argument<string?> File = new("FILE") { Description = "Make only one identity, in this file. Default: everything that a home needs.", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string?> Group = new("--group")
    {
        Description = "Also make a group of keys of which some together open the calls: '3of5' makes member-1.txt to member-5.txt.", HelpName = "KofN",
    };

    private static readonly Option<string?> Archive = new("--archive") { Description = "The archive's address, written into archive.txt.", HelpName = "URL" };

    private static readonly Option<string?> Replace = new("--replace")
    {
        Description = "With FILE: put the new key into recipients.txt in the place of this one (a file, or its string). Then 'zkcalls rotate'.", HelpName = "KEY",
    };

    private static readonly Option<bool> P256 = new("--p256")
    {
        Description = "With FILE: a P-256 key in the place of a post-quantum one, to try out what a key in an HSM will do. A quantum computer would open what is wrapped to it.",
    };

    private static readonly Option<bool> NoPassphrase = new("--no-passphrase") { Description = "Leave the identities without a passphrase: whoever gets a file can read the calls." };

    public static Command Create() => new Verb(
        "keygen",
        "Makes keys: for a whole home (an active identity, a recovery identity to keep offline, owner, gateway), or one identity.",
        ["zkcalls keygen", "zkcalls keygen --group 3of5 --archive https://archive.example", "zkcalls keygen identity-2.txt --replace identity.txt"],
        [File, Group, Archive, Replace, P256, NoPassphrase, Passphrase.FromFile, Home.Folder],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        Home home = new(invocation.Get(Home.Folder)!);
        char[] passphrase = invocation.Get(NoPassphrase) ? [] : Passphrase.New(invocation);
        try
        {
            await Task.CompletedTask.ConfigureAwait(false);
            return invocation.Get(File) is { } file ? MakeOne(invocation, home, file, passphrase) : MakeHome(invocation, home, passphrase);
        }
        catch (ArgumentException e)
        {
            throw new UserException(e.Message, e);
        }
        finally
        {
            SecretLine.Wipe(passphrase);
        }
    }

    private static int MakeOne(Invocation invocation, Home home, string file, ReadOnlySpan<char> passphrase)
    {
        if (invocation.Get(Group) is not null || invocation.Get(Archive) is not null)
        {
            throw new UserException("--group and --archive are for a whole home: leave FILE out.");
        }

        Recipient? old = invocation.Get(Replace) is { } replace ? RecipientText.Read("--replace", replace) : null;
        if (old is not null && !InputFile.Read("The list of recipients", home.Recipients, Recipients.Load).Names(old))
        {
            throw new UserException($"The key to replace is not in {home.Recipients}.");
        }

        using Identity identity = invocation.Get(P256) ? Identity.GenerateP256() : Identity.Generate();
        NewFile.Refuse(file);
        // The private key first: a list that names a key which nobody has would lose calls.
        identity.Save(file, passphrase);
        if (old is not null)
        {
            Recipients.Replace(home.Recipients, old, identity.Recipient);
        }

        invocation.Terminal.Result(
            new JsonObject { ["identity"] = file, ["recipient"] = identity.Recipient.ToString(), ["locked"] = !passphrase.IsEmpty, ["classical"] = identity.Recipient.IsClassical, ["replaced"] = old?.ToString() },
            () =>
            {
                invocation.Terminal.Line(identity.Recipient.ToString());
                if (identity.Recipient.IsClassical)
                {
                    invocation.Terminal.Note($"{RecipientText.Classical}: commands that wrap calls to it want --allow-mixed-security.");
                }

                invocation.Terminal.Note($"{file} is the private key. The line above is the public one: give it to whoever may encrypt for you.");
                if (old is not null)
                {
                    invocation.Terminal.Note($"{home.Recipients} has it in the place of the old one. Next: 'zkcalls rotate' with the old identity, which wraps the calls to the new list.");
                }
            });
        return ExitCode.Ok;
    }

    private static int MakeHome(Invocation invocation, Home home, ReadOnlySpan<char> passphrase)
    {
        if (invocation.Get(Replace) is not null || invocation.Get(P256))
        {
            throw new UserException("--replace and --p256 are for one key: give FILE.");
        }

        using HomeKeys keys = new(home, GroupSize.Parse(invocation.Get(Group)), invocation.Get(Archive));
        keys.Write(passphrase);
        invocation.Terminal.Result(
            new JsonObject { ["files"] = new JsonArray([.. keys.Files.Select(made => JsonValue.Create(made.Path))]), ["locked"] = !passphrase.IsEmpty },
            () =>
            {
                invocation.Terminal.Table(["file", "what it is"], keys.Files.Select(made => (IReadOnlyList<string>)[made.Path, made.Use]));
                invocation.Terminal.Note("Next: take recovery.txt (and the members' files) off this machine; copy gateway.key, recipients.txt and trust.txt to the gateway;"
                    + " add the archive's key to trust.txt ('zkcalls archive key' prints the line, where you run it yourself). Then 'zkcalls doctor'.");
            });
        return ExitCode.Ok;
    }
}
