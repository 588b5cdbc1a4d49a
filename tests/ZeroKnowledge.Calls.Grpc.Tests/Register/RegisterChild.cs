using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>What the register's tests run in a process that is killed: it says aloud what was done, after it was done.</summary>
internal static class RegisterChild
{
    // Nobody kills it if the test itself was killed.
    private const int Enough = 5_000;

    /// <summary>Adds recordings from four tasks until it is killed. A line a recording: its core id.</summary>
    public static async Task AddAsync(string path)
    {
        await using SqliteRegister register = SqliteRegister.Open(path);
        using RegisterRows rows = new();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < Enough; i++)
            {
                RegisteredRecording row = rows.Row();
                await register.AddAsync([row]);
                Say(row.Header.CoreId.ToString());
            }
        })));
    }

    /// <summary>Adds ten recordings, one after the other. A line a recording: its core id.</summary>
    public static async Task AddInTurnAsync(string path)
    {
        await using SqliteRegister register = SqliteRegister.Open(path);
        using RegisterRows rows = new();
        for (int i = 0; i < 10; i++)
        {
            RegisteredRecording row = rows.Row();
            await register.AddAsync([row]);
            Say(row.Header.CoreId.ToString());
        }
    }

    /// <summary>Erases every recording of a register. A line an erasure: 32 bytes of what was erased.</summary>
    public static async Task EraseAsync(string path)
    {
        await using SqliteRegister register = SqliteRegister.Open(path);
        using RegisterRows rows = new();
        await foreach (RegisteredRecording row in register.ListAsync())
        {
            await register.EraseAsync(rows.Erasure(row, 2), null);
            Say(Convert.ToHexString(row.Envelope!.ToArray().AsSpan(200, 32)));
        }
    }

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
