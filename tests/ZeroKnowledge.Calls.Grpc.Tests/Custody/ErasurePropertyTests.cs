using FsCheck.Xunit;
using ZeroKnowledge.Calls.Grpc.Tests.Register;

namespace ZeroKnowledge.Calls.Grpc.Tests.Custody;

/// <summary>A class of its own: the runner of properties does not call an <see cref="IAsyncLifetime"/>.</summary>
public sealed class ErasurePropertyTests
{
    // Whatever is erased in whatever steps, by whichever key, with rotations between: exactly that cannot be derived any more, by any identity, from
    // anything that is in the register's folder.
    [Property(MaxTest = 12)]
    public void EraseAsync_AnySequence_MakesExactlyTheErasedUnderivable(byte[] steps) => EraseAsync(steps).GetAwaiter().GetResult();

    private static async Task EraseAsync(byte[] steps)
    {
        await using Desk desk = new();
        RegisteredRecording row = (await desk.AddAsync(1))[0];
        HashSet<int> erased = [];
        List<byte[]> destroyed = [];
        foreach (byte[] step in steps.Take(16).Chunk(2).Where(step => step.Length == 2))
        {
            destroyed.Add((await desk.FindAsync(row)).Envelope!.ToArray());
            ChunkRange range = new(step[0] % 80, (step[0] % 80) + (step[1] % 20) + 1);
            if (step[1] % 3 == 0)
            {
                await desk.Holder(desk.Recovery, step[1] % 2 == 0 ? desk.New : desk.Old).RotateAsync(row.Header.CoreId);
            }

            await desk.Holder(desk.Recovery).EraseAsync(row.Header.CoreId, [range]);
            erased.UnionWith(Enumerable.Range(range.First, range.Count));
        }

        RegisteredRecording now = await desk.FindAsync(row);
        ErasureTests.AssertKeys(desk, row, now, chunk => !erased.Contains(chunk), [.. Enumerable.Range(0, 110)]);
        destroyed.RemoveAll(envelope => envelope.AsSpan().SequenceEqual(now.Envelope!.ToArray()));
        Assert.Empty(FolderSearch.Find(desk.RegisterFolder, destroyed));
    }
}
