using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>All commands, and what becomes of their failures: one sentence and an exit code.</summary>
internal static class CommandLine
{
    // After Ctrl+C: a live recording is sealed and sent, and the archive finishes what it has begun.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static RootCommand Root()
    {
        RootCommand root = new("The customer's tools for encrypted call recordings. Files have their usual names in one folder, the home: see docs/TOOL.md.")
        {
            KeygenCommand.Create(), RecordCommand.Create(), LsCommand.Create(), InfoCommand.Create(), ExportCommand.Create(), VerifyCommand.Create(),
            GrantCommand.Create(), RotateCommand.Create(), EraseCommand.Create(), ExpireCommand.Create(), HoldCommand.Create(), RecoverCommand.Create(),
            AuditCommand.Create(), ArchiveCommand.Create(), DoctorCommand.Create(),
        };
        ShowExamples(root);
        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = Root().Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            return Fail(new Terminal(args.Contains("--json")), ExitCode.Usage, $"{parsed.Errors[0].Message} See 'zkcalls {Path(parsed.CommandResult.Command)}--help'.");
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = Patience }).ConfigureAwait(false);
    }

    /// <summary>Runs a command: whatever its input may cause becomes one sentence and an exit code.</summary>
    public static async Task<int> RunAsync(Invocation invocation, Func<Invocation, Task<int>> run)
    {
        try
        {
            return await run(invocation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (invocation.CancellationToken.IsCancellationRequested)
        {
            return Fail(invocation.Terminal, ExitCode.Stopped, "Stopped.");
        }
        catch (Exception e) when (e is TamperedException or NoMatchingKeyException or PassphraseException)
        {
            return Fail(invocation.Terminal, ExitCode.NotAuthentic, e.Message);
        }
        catch (Exception e) when (e is UserException or CallRecordingException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Fail(invocation.Terminal, ExitCode.Usage, e.Message);
        }
    }

    private static int Fail(Terminal terminal, int code, string message)
    {
        string sentence = message.ReplaceLineEndings(" ");
        terminal.Error(sentence);
        if (terminal.IsJson)
        {
            terminal.Json(new JsonObject { ["error"] = sentence, ["exitCode"] = code });
        }

        return code;
    }

    private static string Path(Command command) => command is RootCommand ? "" : $"{Path((Command)command.Parents.First())}{command.Name} ";

    private static void ShowExamples(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            TextWriter output = parseResult.InvocationConfiguration.Output;
            if (parseResult.CommandResult.Command is Verb verb)
            {
                output.WriteLine(verb.Examples.Count == 1 ? "Example:" : "Examples:");
                foreach (string example in verb.Examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            output.WriteLine("Exit codes: 0 ok, 1 finding, 2 usage or environment, 3 authentication failure.");
            return code;
        }
    }
}
