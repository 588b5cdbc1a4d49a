using System.CommandLine;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>What the commands have in common that change the register's keys.</summary>
internal static class Custody
{
    public static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask. Without a terminal it is needed." };

    /// <summary>Runs a change; that a list or a key does not allow it is the user's to mend.</summary>
    /// <exception cref="UserException">It is not allowed.</exception>
    public static async Task<T> RunAsync<T>(Invocation invocation, string title, Func<IProgress<CustodyProgress>, Task<T>> change)
    {
        try
        {
            return await invocation.Terminal.ProgressAsync(title, null, bar => change(new CustodyCounter(bar))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new UserException(e.Message, e);
        }
    }

    /// <exception cref="UserException">Nobody can be asked, or the answer was no.</exception>
    public static void Confirm(Invocation invocation, string question)
    {
        if (invocation.Get(Yes))
        {
            return;
        }

        if (!invocation.Terminal.CanAsk)
        {
            throw new UserException($"{question} This cannot be undone: give --yes.");
        }

        if (!invocation.Terminal.Confirm($"{question} This cannot be undone."))
        {
            throw new UserException("Nothing was changed.");
        }
    }
}
