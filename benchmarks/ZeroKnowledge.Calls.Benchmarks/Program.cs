using System.Globalization;
using BenchmarkDotNet.Running;
using ZeroKnowledge.Calls.Benchmarks;

try
{
    switch (args)
    {
        case ["gate", .. var rest]:
            return GateRun.Run(new Arguments(rest));
        case ["calls", .. var rest]:
            return await CallsRun.RunAsync(new Arguments(rest, LiveOptions.Names));
        case ["burst", .. var rest]:
            return await BurstRun.RunAsync(new Arguments(rest, [.. LiveOptions.Names, "--new"]));
        case ["flat", .. var rest]:
            return await FlatRun.RunAsync(new Arguments(rest, "--suite"));
        case ["setup", .. var rest]:
            return await SetupRun.RunAsync(new Arguments(rest));
        case ["decrypt", .. var rest]:
            return await DecryptRun.RunAsync(new Arguments(rest));
        case ["endtoend", .. var rest]:
            return await EndToEndRun.RunAsync(new Arguments(rest, LiveOptions.Names));
        case ["size", .. var rest]:
            return SizeRun.Run(new Arguments(rest, "--calls", "--codec", "--legs", "--days", "--suite"));
        case ["pictures", .. var rest]:
            return PictureRun.Run(new Arguments(rest, "--from", "--to"));
        case ["tenants", .. var rest]:
            // No benchmark of a method: it compares two answers of the archive over a socket.
            return await TenantTiming.RunAsync(rest is [var pairs] ? int.Parse(pairs, CultureInfo.InvariantCulture) : 5_000);
        default:
            BenchmarkSwitcher.FromAssembly(System.Reflection.Assembly.GetExecutingAssembly()).Run(args);
            return 0;
    }
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
