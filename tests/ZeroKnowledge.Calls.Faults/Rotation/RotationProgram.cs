using System.Globalization;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>Rotates a register in a process that is killed: says how many recordings are done, and at the end what it did.</summary>
internal static class RotationProgram
{
    public static async Task<int> RunAsync(RunOptions options)
    {
        RotationFolder folder = new(options.Text("--folder"));
        using Identity identity = Identity.Load(folder.Active);
        await using SqliteRegister register = SqliteRegister.Open(folder.Register);
        KeyHolder holder = new()
        {
            Register = register,
            Trust = TrustList.Load(folder.Trust),
            Identity = identity,
            Recipients = Recipients.Load(folder.NewRecipients),
        };
        RotationReport report = await holder.RotateAsync(new Teller());
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"done {report.Recordings} {report.Rotated} {report.Failures.Count}"));
        return 0;
    }

    // Not Progress<T>, which tells late and out of order.
    private sealed class Teller : IProgress<CustodyProgress>
    {
        private int _told;

        public void Report(CustodyProgress value)
        {
            if (value.Changed >= _told + 100)
            {
                _told = value.Changed;
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"changed {value.Changed}"));
                Console.Out.Flush();
            }
        }
    }
}
