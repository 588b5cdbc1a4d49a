using FsCheck;
using FsCheck.Fluent;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>What happens next on a leg, relative to the leg's last frame. Steady is what most frames are.</summary>
public enum Change
{
    Steady,
    Marker,
    Lost,
    Duplicate,
    Reordered,
    Jump,
    LongStep,
    Length,
    Empty,
    Largest,
    Type,
    Event,
    Ssrc,
    SequenceWrap,
    TimestampWrap,
    NewFormat,
    Format,
    Gap,
    GapOfAll,
}

/// <summary>One line of a script.</summary>
public readonly record struct Line(int Leg, Change Change, int WaitMs, int Number);

/// <summary>A random call, and the frames that it should be read back as.</summary>
public sealed class Script
{
    internal const int PayloadSize = 65_536;
    private const int Legs = 3;

    private readonly List<Frame> _sent = [];
    private readonly object _owner = new();

    private Script(Line[] lines) => Lines = lines;

    internal Line[] Lines { get; }

    internal byte[] Payload { get; private set; } = [];

    internal IReadOnlyList<Frame> Sent => _sent;

    public override string ToString() => string.Join(Environment.NewLine, Lines);

    public static Arbitrary<Script> Arbitrary()
    {
        Gen<Line> line =
            from leg in Gen.Choose(0, Legs - 1)
            from change in Gen.Frequency((6, Gen.Constant(Change.Steady)), (5, Gen.Elements(Enum.GetValues<Change>())))
            from wait in Gen.Frequency((6, Gen.Choose(0, 40)), (1, Gen.Choose(100, 300)), (1, Gen.Choose(0, 3_000_000)))
            from number in Gen.Choose(0, 1_000_000)
            select new Line(leg, change, wait, number);
        return Arb.From(
            line.ArrayOf().Select(Run),
            script => Enumerable.Range(0, script.Lines.Length).Select(i => Run([.. script.Lines.Where((_, at) => at != i)])));
    }

    internal static Script Run(Line[] lines)
    {
        var script = new Script(lines);
        script.Play();
        return script;
    }

    private void Play()
    {
        Payload = new byte[PayloadSize];
        var buffer = new PayloadBuffer(Payload, 0, PayloadSize);
        buffer.Open(_owner, 17, reserve: 100);
        LegEncoder[] encoders = [.. Enumerable.Range(0, Legs).Select(i => new LegEncoder(_owner, i, Declared(i)))];
        var last = new Frame?[Legs];
        var told = new Leg?[Legs];
        uint now = 20;
        foreach (Line line in Lines)
        {
            now += (uint)line.WaitMs;
            LegEncoder leg = encoders[line.Leg];
            switch (line.Change)
            {
                case Change.Gap or Change.GapOfAll:
                    int of = line.Change == Change.Gap ? line.Leg : 15;
                    var reason = (GapReason)(1 + line.Number % 8);
                    Add(buffer.TryAppendGap(_owner, of, (uint)line.Number, reason, now),
                        new Frame(FrameKind.Gap, of, now) { GapReason = reason, GapDurationMs = Math.Clamp(line.Number, 1, now) });
                    continue;
                case Change.Format:
                    Add(buffer.TryAppendFormat(leg, now), new Frame(FrameKind.Format, line.Leg, now) { Format = leg.Format });
                    told[line.Leg] = leg.Format;
                    continue;
                case Change.NewFormat:
                    leg.Format = Declared(line.Number % 5);
                    break;
            }

            Frame frame = After(last[line.Leg], line, now, leg);
            AppendResult result = buffer.TryAppend(leg, Payloads.ToMedia(frame), now);
            if (result == AppendResult.Accepted && told[line.Leg] != leg.Format)
            {
                _sent.Add(new Frame(FrameKind.Format, line.Leg, now) { Format = leg.Format });
                told[line.Leg] = leg.Format;
            }

            Add(result, frame);
            last[line.Leg] = result == AppendResult.Accepted ? frame : last[line.Leg];
        }

        buffer.Close(null);
        PayloadInfo info = buffer.Finish(5);
        Assert.Equal(_sent.Count, info.Frames);
        Assert.Equal((_sent.FirstOrDefault()?.ArrivalMs ?? 17, _sent.LastOrDefault()?.ArrivalMs ?? 17), (info.EarliestMs, info.LatestMs));
    }

    private void Add(AppendResult result, Frame frame)
    {
        if (result == AppendResult.Accepted)
        {
            _sent.Add(frame);
            return;
        }

        Assert.Equal(AppendResult.Full, result);
    }

    private static Frame After(Frame? last, Line line, uint now, LegEncoder leg)
    {
        Change change = line.Change;
        int type = change switch { Change.Type => line.Number % 128, Change.Event => 101, _ => last?.PayloadType ?? 8 };
        int length = change switch
        {
            Change.Length => line.Number % 400,
            Change.Empty => 0,
            Change.Largest => 8_192,
            _ => last?.Payload.Length ?? 160,
        };
        ushort sequence = unchecked((ushort)(change switch
        {
            Change.Lost => last?.Sequence + 1 + line.Number % 9,
            Change.Duplicate => last?.Sequence,
            Change.Reordered => last?.Sequence - 1,
            Change.SequenceWrap => 65_535,
            _ => last?.Sequence + 1,
        } ?? line.Number));
        uint timestamp = unchecked((uint)(change switch
        {
            Change.Duplicate => last?.Timestamp,
            Change.Reordered => last?.Timestamp - 160,
            Change.Jump => last?.Timestamp + 65_536 + line.Number,
            Change.LongStep => last?.Timestamp + 65_535,
            Change.TimestampWrap => uint.MaxValue - 100,
            Change.Event => last?.Timestamp,
            _ => last?.Timestamp + 160,
        } ?? line.Number));
        byte[] payload = new byte[length];
        payload.AsSpan().Fill((byte)(line.Number % 251));
        return new Frame(leg.KindOf(type), line.Leg, now)
        {
            PayloadType = type,
            Sequence = sequence,
            Timestamp = timestamp,
            Ssrc = change == Change.Ssrc ? (uint)line.Number : last?.Ssrc ?? 7,
            Marker = change == Change.Marker,
            Payload = payload,
        };
    }

    private static Leg Declared(int number) => number switch
    {
        0 => Leg.Pcma("caller"),
        1 => Leg.Opus("assistant"),
        2 => Leg.L16(""),
        3 => new Leg("größer", new PayloadType(8, "G722", 8_000), new PayloadType(13, "CN", 8_000)),
        _ => new Leg(new string('x', 64), [.. Enumerable.Range(0, 16).Select(i => new PayloadType(i * 8, new string('c', 32), int.MaxValue, 255))]),
    };
}
