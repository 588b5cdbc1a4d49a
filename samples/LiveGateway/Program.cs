using System.CommandLine;
using Spectre.Console;

RootCommand root = new("Records calls into an archive that cannot read them.");
root.SetAction(_ => AnsiConsole.MarkupLine("[bold]LiveGateway[/]: nothing here yet."));
return root.Parse(args).Invoke();
