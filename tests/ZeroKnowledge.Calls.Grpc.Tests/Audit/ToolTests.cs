using System.Diagnostics;
using System.Text.Json;
using ZeroKnowledge.Calls.Grpc.Tests.LiveGateway;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

/// <summary>The program <c>zkcalls</c>, run as a user does.</summary>
public sealed class ToolTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Customer _customer = new();

    // Beside this test's own output: src/ZeroKnowledge.Calls.Tool, of the same configuration.
    private static string Dll
    {
        get
        {
            DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            string root = Path.GetFullPath(Path.Combine(own.FullName, "..", "..", "..", "..", ".."));
            return Path.Combine(root, "src", "ZeroKnowledge.Calls.Tool", "bin", own.Parent!.Name, own.Name, "zkcalls.dll");
        }
    }

    private string Trust => Path.Combine(_customer.Folder, "trust.txt");

    private string Key => Path.Combine(_customer.Folder, "identity.txt");

    public async Task InitializeAsync()
    {
        await _customer.InitializeAsync();
        _customer.Trust.Save(Trust);
        _customer.Identity.Save(Key);
    }

    public Task DisposeAsync() => _customer.DisposeAsync();

    [Fact]
    public async Task Audit_AllWell_IsZeroAndOneObject()
    {
        await _customer.StoreAsync();
        using (DeletionQueue queue = DeletionQueue.Open(Path.Combine(_customer.Folder, "deletions")))
        {
            WrittenCall deleted = await _customer.StoreAsync();
            await queue.AddAsync([deleted.Id], ["berlin"]);
            await queue.AttemptAsync(new Dictionary<string, ArchiveClient> { ["berlin"] = _customer.Client }, _customer.Trust);
        }

        Ran ran = await AuditAsync(
            "--json", "--identity", Key, "--decrypt-sample", "5", "--region", "de", "--deletions", Path.Combine(_customer.Folder, "deletions"), "--since", "2020-01-01", "--until", "2100-01-01T00:00:00Z");

        Assert.True(ran is { ExitCode: 0, Error: "" }, ran.ToString());
        using JsonDocument json = JsonDocument.Parse(ran.Output);
        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(1, json.RootElement.GetProperty("totals").GetProperty("deleted").GetInt32());
        Assert.Equal((1, 1), (json.RootElement.GetProperty("drill").GetProperty("tried").GetInt32(), json.RootElement.GetProperty("drill").GetProperty("restored").GetInt32()));
        Assert.True(json.RootElement.GetProperty("drill").GetProperty("rtoFirstAudioSeconds").GetDouble() > 0);
    }

    [Fact]
    public async Task Audit_Findings_IsOneAndNamesThem()
    {
        WrittenCall missing = WrittenCall.Write(_customer);
        await _customer.Register.AddAsync([missing.Row()]);

        Ran ran = await AuditAsync("--identity", Key, "--decrypt-sample", "5");

        Assert.True(ran is { ExitCode: 1, Error: "" }, ran.ToString());
        Assert.Contains($"Missing {missing.Id}", ran.Output, StringComparison.Ordinal);
        Assert.Contains("0 of 1 restored", ran.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is required")]
    [InlineData("is not https", "--archive", "http://192.0.2.1:1", "--register", "{register}", "--trust", "{trust}")]
    [InlineData("is not a URL", "--archive", "berlin", "--register", "{register}", "--trust", "{trust}")]
    [InlineData("is not there", "--archive", "{url}", "--register", "{folder}/nothing.db", "--trust", "{trust}")]
    [InlineData("cannot be used", "--archive", "{url}", "--register", "{trust}", "--trust", "{trust}")]
    [InlineData("cannot be used", "--archive", "{url}", "--register", "{register}", "--trust", "{register}")]
    [InlineData("needs --identity", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--decrypt-sample", "1")]
    [InlineData("is not a time", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--since", "yesterday")]
    [InlineData("are given together", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--client-key", "{trust}")]
    [InlineData("holds no certificate", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--server-ca", "{trust}")]
    [InlineData("could not be", "--archive", "http://127.0.0.1:1", "--register", "{register}", "--trust", "{trust}")]
    public async Task Audit_BadInput_IsTwoAndOneSentence(string sentence, params string[] arguments)
    {
        Ran ran = await RunAsync(["audit", .. arguments.Select(argument => argument
            .Replace("{register}", _customer.Register.Path, StringComparison.Ordinal).Replace("{trust}", Trust, StringComparison.Ordinal)
            .Replace("{folder}", _customer.Folder, StringComparison.Ordinal).Replace("{url}", _customer.Berlin.Url, StringComparison.Ordinal))]);

        Assert.True(ran is { ExitCode: 2, Output: "" }, ran.ToString());
        Assert.Contains(sentence, ran.Error, StringComparison.Ordinal);
        Assert.Equal(1, ran.Error.Count(c => c == '\n'));
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
    }

    private Task<Ran> AuditAsync(params string[] more) =>
        RunAsync(["audit", "--archive", _customer.Berlin.Url, "--register", _customer.Register.Path, "--trust", Trust, .. more]);

    private static async Task<Ran> RunAsync(string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using CancellationTokenSource patience = new(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new Ran(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
