using System.Globalization;
using BenchmarkDotNet.Running;
using ZeroKnowledge.Calls.Benchmarks;

bool json = args.Contains("--json");
switch (args)
{
    case ["gate", ..]:
        return GateRun.Run(json);
    case ["calls", ..]:
        return await CallsRun.RunAsync(CallsOptions.Parse(args));
    case ["tenants", .. var rest]:
        // No benchmark of a method: it compares two answers of the archive over a socket.
        return await TenantTiming.RunAsync(rest is [var pairs] ? int.Parse(pairs, CultureInfo.InvariantCulture) : 5_000);
    default:
        BenchmarkSwitcher.FromAssembly(System.Reflection.Assembly.GetExecutingAssembly()).Run(args);
        return 0;
}
