namespace ZeroKnowledge.Calls.Tests;

/// <summary>Many recordings at once in one process of an ordinary user, who may lock 8 MiB of memory.</summary>
public class LiveRecordingsTests
{
    private const int Ordinary = 8_192;

    [SkippableFact]
    public async Task Begin_TwentyThousandLive_NothingFails()
    {
        using ChildProcess child = ChildProcess.StartOrdinary(Ordinary, "live", "20000", "Preferred");
        (int code, string output, string errors) = await child.ExitAsync();
        Assert.True(code == 0, output + errors);
        string[] words = output.Trim().Split(' ');
        Assert.Equal(["live", "20000", "maps"], words[..3]);
        // A memory map or four for each call ends a process at 65,530 of them.
        Assert.InRange(int.Parse(words[3]), 0, 1_000);
        // So many slabs of 256 calls do not fit into 8 MiB: the test was of an ordinary user.
        Assert.InRange(int.Parse(words[5]), 1, 79);
        Assert.Equal(["sum", "40000"], words[6..]);
    }

    [SkippableFact]
    public async Task Begin_WithLockedMemoryRequired_RefusesWhatCannotBeLocked()
    {
        using ChildProcess child = ChildProcess.StartOrdinary(Ordinary, "live", "20000", "Required");
        (int code, string output, string errors) = await child.ExitAsync();
        Assert.True(code == 3, output + errors);
        int live = int.Parse(output.Split([' ', ':'])[2]);
        Assert.InRange(live, 256, 6_600);
        Assert.Equal(0, live % SecretSlabs.SlotsPerSlab);
        Assert.Contains("ulimit -l", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Begin_WithLockedMemoryRequiredAndNoneAllowed_RefusesTheFirst()
    {
        using ChildProcess child = ChildProcess.StartOrdinary(0, "live", "1", "Required");
        (int code, string output, string errors) = await child.ExitAsync();
        Assert.True(code == 3, output + errors);
        Assert.StartsWith("refused after 0:", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Begin_WithLockedMemoryPreferredAndNoneAllowed_GoesOn()
    {
        using ChildProcess child = ChildProcess.StartOrdinary(0, "live", "300", "Preferred");
        (int code, string output, string errors) = await child.ExitAsync();
        Assert.True(code == 0, output + errors);
        Assert.Contains("unlocked 2", output, StringComparison.Ordinal);
    }
}
