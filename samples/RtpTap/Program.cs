using Microsoft.Extensions.Options;

namespace RtpTap;

// Not top-level statements: their global, public Program would clash with the one of a project that references this.
internal static class Program
{
    private const int CannotStart = 2;

    private static async Task<int> Main(string[] args)
    {
        try
        {
            await using WebApplication tap = TapHost.Build(args);
            await tap.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is OptionsValidationException or ArgumentException or InvalidOperationException or IOException)
        {
            await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return CannotStart;
        }
    }
}
