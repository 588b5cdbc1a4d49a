using System.Diagnostics;

namespace LiveGateway.Storage;

/// <summary>Starts a program that lies beside this one, as this one was started, so that both find the same .NET.</summary>
internal static class ProgramBeside
{
    public static Process Start(string name, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new() { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        string own = Environment.ProcessPath ?? "dotnet";
        if (Path.GetFileNameWithoutExtension(own) == "dotnet")
        {
            start.FileName = own;
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        }
        else
        {
            start.FileName = Path.Combine(AppContext.BaseDirectory, name + Path.GetExtension(own));
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new IOException($"{name} could not be started.");
    }
}
