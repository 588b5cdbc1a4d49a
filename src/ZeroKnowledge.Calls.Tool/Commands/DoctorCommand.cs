using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls doctor</c>: whether this machine, the keys and the archive are as they should be.</summary>
internal static class DoctorCommand
{
    public static Command Create() => new Verb(
        "doctor",
        "Checks this machine (hardware AES, locked memory, limits, swap, vmgenid, clock), the keys and lists, and the archive. Exit code 1: something is at fault.",
        ["zkcalls doctor", "zkcalls doctor --home /srv/calls --json"],
        [.. Desk.Files, .. ArchiveOptions.All],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            IReadOnlyList<Diagnosis> found = [.. new MachineChecks().Run(), .. await new HomeChecks(desk, TimeProvider.System).RunAsync(invocation.CancellationToken).ConfigureAwait(false)];
            bool isFault = found.Any(diagnosis => diagnosis.Severity == Severity.Fault);
            invocation.Terminal.Result(
                new JsonObject
                {
                    ["ok"] = !isFault,
                    ["checks"] = new JsonArray([.. found.Select(one => new JsonObject { ["check"] = one.Check, ["result"] = Name(one.Severity), ["message"] = one.Message })]),
                },
                () => invocation.Terminal.Table(["", "check", "found"], found.Select(one => (IReadOnlyList<string>)[Name(one.Severity), one.Check, one.Message])));
            return isFault ? ExitCode.Finding : ExitCode.Ok;
        }
    }

    private static string Name(Severity severity) => severity switch
    {
        Severity.Ok => "ok",
        Severity.NotChecked => "not checked",
        Severity.Warning => "warning",
        _ => "FAULT",
    };
}
