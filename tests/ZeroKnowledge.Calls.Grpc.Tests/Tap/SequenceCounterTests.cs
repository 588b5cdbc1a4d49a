using FsCheck;
using FsCheck.Fluent;
using RtpTap;

namespace ZeroKnowledge.Calls.Grpc.Tests.Tap;

public sealed class SequenceCounterTests
{
    [Fact]
    public void Count_LossReorderingDuplicatesAndRestarts_AreTold()
    {
        SequenceCounter counter = new();
        foreach (ushort sequence in new ushort[] { 65_533, 65_534, 65_535, 0, 2, 1, 1, 5 })
        {
            counter.Count(7, sequence);
        }

        counter.Count(8, 9);
        counter.Count(8, 40_000);
        Assert.Equal((10, 2, 1, 1, 2), (counter.Packets, counter.Lost, counter.Reordered, counter.Duplicates, counter.Restarts));
    }

    [Fact]
    public void Count_AnyOrderWithinTheWindow_LosesWhatDidNotCome()
    {
        Prop.ForAll(
            Gen.Choose(0, 40).ArrayOf().ToArbitrary(),
            Gen.Choose(0, ushort.MaxValue).ToArbitrary(),
            (numbers, first) => Check(numbers, first)).QuickCheckThrowOnFailure();
    }

    private static bool Check(int[] numbers, int first)
    {
        SequenceCounter counter = new();
        int[] all = [0, .. numbers];
        foreach (int number in all)
        {
            counter.Count(1, (ushort)((first + number) & ushort.MaxValue));
        }

        int different = all.Distinct().Count();
        return counter.Lost == all.Max() + 1 - different && counter.Duplicates == all.Length - different && counter.Packets == all.Length && counter.Restarts == 0;
    }
}
