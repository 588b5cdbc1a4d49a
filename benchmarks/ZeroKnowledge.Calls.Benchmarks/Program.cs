using System.Globalization;
using BenchmarkDotNet.Running;
using ZeroKnowledge.Calls.Benchmarks;

// "-- tenants [PAIRS]" is no benchmark of a method: it compares two answers of the archive over a socket.
if (args is ["tenants", .. var rest])
{
    return await TenantTiming.RunAsync(rest is [var pairs] ? int.Parse(pairs, CultureInfo.InvariantCulture) : 5_000);
}

BenchmarkSwitcher.FromAssembly(System.Reflection.Assembly.GetExecutingAssembly()).Run(args);
return 0;
