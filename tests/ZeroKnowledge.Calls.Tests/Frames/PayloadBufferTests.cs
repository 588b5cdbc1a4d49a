using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Tests;

public class PayloadBufferTests
{
    private const int Size = 1_024;
    private const int Reserve = 36;
    private const System.Reflection.BindingFlags Hidden = System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance;

    private readonly object _owner = new();
    private readonly byte[] _memory = new byte[44 + Size + 16];
    private readonly LegEncoder _leg;
    private readonly PayloadBuffer _buffer;

    public PayloadBufferTests()
    {
        _leg = new LegEncoder(_owner, 0, Leg.Pcma("caller"));
        _buffer = new PayloadBuffer(_memory, 44, Size);
    }

    private byte[] Payload => _memory[44..(44 + Size)];

    private void Fill(int frames, uint nowMs)
    {
        for (int i = 0; i < frames; i++)
        {
            Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(i), nowMs));
        }
    }

    private static MediaFrame Audio(int number, int length = 160) =>
        new(FrameKind.Audio, 8, (ushort)number, (uint)number * 160, 7, false, new byte[length].Select(_ => (byte)number).ToArray());

    [Fact]
    public void Finish_OfEmptyPayload_HasFloorAsEarliestAndLatest()
    {
        _buffer.Open(_owner, 77, Reserve);
        Assert.Equal(77u, _buffer.LastArrivalMs);
        _buffer.Close(null);
        Assert.Equal(new PayloadInfo(0, 0, 77, 77), _buffer.Finish(3));
        ParsedPayload parsed = Payloads.Parse(Payload);
        Assert.Equal((3u, 77u, 77u, 0), (parsed.TickNumber, parsed.EarliestMs, parsed.LatestMs, parsed.Frames.Count));
    }

    [Fact]
    public void TryAppend_OfSteadyAudio_TakesTwoBytesMoreThanItsPayload()
    {
        _buffer.Open(_owner, 0, Reserve);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(i, 10), (uint)(20 * i)));
        }

        _buffer.Close(null);
        _buffer.Finish(0);
        int format = 2 + LegFormat.BodySize(_leg.Format);
        Assert.Equal(14 + format + (2 + 13 + 10) + (2 + 3 + 10) + (2 + 10) + (2 + 10), 1 + Payload.AsSpan().LastIndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void TryAppend_OutsideItsMemory_WritesNothing()
    {
        _memory.AsSpan().Fill(0x5a);
        _buffer.Open(_owner, 0, Reserve);
        while (_buffer.TryAppend(_leg, Audio(1), 1) == AppendResult.Accepted)
        {
        }

        _buffer.Close(null);
        _buffer.Finish(0);
        Assert.Equal(-1, _memory.AsSpan(0, 44).IndexOfAnyExcept((byte)0x5a));
        Assert.Equal(-1, _memory.AsSpan(44 + Size).IndexOfAnyExcept((byte)0x5a));
        Payloads.Parse(Payload);
    }

    [Fact]
    public void TryAppend_WithTimeRunningBackwards_KeepsArrivalsAscending()
    {
        _buffer.Open(_owner, 50, Reserve);
        _buffer.TryAppend(_leg, Audio(0), 40);
        _buffer.TryAppend(_leg, Audio(1), 60);
        _buffer.TryAppend(_leg, Audio(2), 55);
        _buffer.TryAppend(_leg, Audio(3), uint.MaxValue);
        _buffer.Close(null);
        Assert.Equal(new PayloadInfo(5, 4, 50, int.MaxValue), _buffer.Finish(0));
        Assert.Equal([50, 50, 60, 60, int.MaxValue], Payloads.Parse(Payload).Frames.Select(frame => frame.ArrivalMs));
    }

    [Fact]
    public void TryAppend_WithoutRoom_IsFullAndLeavesTheReserveToGaps()
    {
        _buffer.Open(_owner, 1_000_000, Reserve);
        int frames = 1;
        while (_buffer.TryAppend(_leg, Audio(frames), 1_000_000) == AppendResult.Accepted)
        {
            frames++;
        }

        Assert.Equal(AppendResult.Full, _buffer.TryAppend(_leg, Audio(frames), 1_000_000));
        while (_buffer.TryAppend(_leg, Audio(frames, 0), 1_000_000) == AppendResult.Accepted)
        {
            frames++;
        }

        // The largest gaps there are: type, 5 bytes of arrival once, 5 bytes of duration, reason.
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(AppendResult.Accepted, _buffer.TryAppendGap(_owner, 15, uint.MaxValue, GapReason.Overload, int.MaxValue));
        }

        while (_buffer.TryAppendGap(_owner, 15, 1, GapReason.Overload, int.MaxValue) == AppendResult.Accepted)
        {
        }

        Assert.Equal(AppendResult.Full, _buffer.TryAppendGap(_owner, 15, 1, GapReason.Overload, int.MaxValue));
        _buffer.Close(null);
        _buffer.Finish(0);
        Payloads.Parse(Payload);
    }

    [Fact]
    public void TryAppend_AfterFull_EncodesAgainstTheLastAcceptedFrame()
    {
        _buffer.Open(_owner, 0, Reserve);
        _buffer.TryAppend(_leg, Audio(0, 100), 0);
        Assert.Equal(AppendResult.Full, _buffer.TryAppend(_leg, Audio(1, 850), 20));
        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(2, 100), 40));
        _buffer.Close(null);
        _buffer.Finish(0);
        Assert.Equal([0, 2], Payloads.Parse(Payload).Frames.Skip(1).Select(frame => (int)frame.Sequence));
    }

    [Fact]
    public void TryAppend_OfFrameThatNoPayloadHolds_IsOversize()
    {
        _buffer.Open(_owner, 0, Reserve);
        int format = 2 + LegFormat.BodySize(_leg.Format);
        int largest = Size - Reserve - 14 - format - 2 - 13;
        Assert.Equal(AppendResult.Oversize, _buffer.TryAppend(_leg, Audio(0, largest + 1), 0));
        Assert.Equal(AppendResult.Oversize, _buffer.TryAppend(_leg, Audio(0, 8_193), 0));
        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(0, largest), 0));
        Assert.Equal(AppendResult.Full, _buffer.TryAppend(_leg, Audio(1, largest), 0));
        Assert.Equal(AppendResult.Oversize, _buffer.TryAppend(_leg, Audio(1, largest + 1), 0));
    }

    [Fact]
    public void TryAppend_OfLargestFrame_IsAcceptedByLargePayload()
    {
        byte[] memory = new byte[16_384];
        var buffer = new PayloadBuffer(memory, 0, memory.Length);
        buffer.Open(_owner, 0, Reserve);
        Assert.Equal(AppendResult.Accepted, buffer.TryAppend(_leg, Audio(0, 8_192), 0));
        Assert.Equal(AppendResult.Oversize, buffer.TryAppend(_leg, Audio(0, 8_193), 0));
    }

    [Fact]
    public void TryAppend_OfTinyFrames_EndsBelowTheLimitOfFrames()
    {
        byte[] memory = new byte[Format.MaxPayloadSize];
        var buffer = new PayloadBuffer(memory, 0, memory.Length);
        buffer.Open(_owner, 0, 192);
        int frames = 0;
        while (buffer.TryAppend(_leg, Audio(unchecked((ushort)frames), 0), 0) == AppendResult.Accepted)
        {
            frames++;
        }

        Assert.InRange(frames, Format.MaxFramesPerChunk - 200, Format.MaxFramesPerChunk - 32);
        Assert.Equal(AppendResult.Accepted, buffer.TryAppendGap(_owner, 15, 1, GapReason.Overload, 0));
        while (buffer.TryAppendGap(_owner, 15, 1, GapReason.Overload, 0) == AppendResult.Accepted)
        {
        }

        buffer.Close(null);
        buffer.Finish(0);
        Assert.True(Payloads.Parse(memory).Frames.Count <= Format.MaxFramesPerChunk);
    }

    [Fact]
    public void TryAppend_WithChangedFormat_DeclaresItOnceMore()
    {
        _buffer.Open(_owner, 0, Reserve);
        _buffer.TryAppend(_leg, Audio(0), 0);
        _leg.Format = Leg.Pcma("caller");
        _buffer.TryAppend(_leg, Audio(1), 20);
        _leg.Format = Leg.Pcmu("caller");
        _buffer.TryAppend(_leg, Audio(2), 40);
        _leg.Format = Leg.Pcma("x");
        _leg.Format = Leg.Pcmu("caller");
        _buffer.TryAppend(_leg, Audio(3), 60);
        _buffer.Close(null);
        _buffer.Finish(0);
        Assert.Equal(
            [FrameKind.Format, FrameKind.Audio, FrameKind.Audio, FrameKind.Format, FrameKind.Audio, FrameKind.Audio],
            Payloads.Parse(Payload).Frames.Select(frame => frame.Kind));
    }

    // After one frame the next one is a delta, after three it is as predicted.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TryAppend_ToClosedPayload_FollowsToItsSuccessor(int before)
    {
        byte[] second = new byte[Size];
        var next = new PayloadBuffer(second, 0, Size);
        _buffer.Open(_owner, 0, Reserve);
        Fill(before, 100);
        next.Prepare(_owner, Reserve);
        Assert.Equal(AppendResult.Closed, next.TryAppend(_leg, Audio(9), 0));
        _buffer.Close(next);
        Assert.Equal(100u, next.LastArrivalMs);
        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(before), 99));
        Assert.Equal(before + 1, _buffer.Finish(0).Frames);
        next.Close(null);
        next.Finish(1);
        Assert.Equal(AppendResult.Closed, _buffer.TryAppend(_leg, Audio(before + 1), 101));
        ParsedPayload parsed = Payloads.Parse(second);
        Assert.Equal([100, 100], parsed.Frames.Select(frame => frame.ArrivalMs));
        Assert.True(parsed.MayFollow(Payloads.Parse(Payload)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TryAppend_ToPayloadOfAnotherRecording_IsClosed(int before)
    {
        _buffer.Open(_owner, 0, Reserve);
        Fill(before, 0);
        _buffer.Close(null);
        _buffer.Open(new object(), 0, Reserve);
        Assert.Equal(AppendResult.Closed, _buffer.TryAppend(_leg, Audio(before), 20));
        Assert.Equal(AppendResult.Closed, _buffer.TryAppendFormat(_leg, 20));
        Assert.Equal(AppendResult.Closed, _buffer.TryAppendGap(_owner, 15, 1, GapReason.Lost, 20));
        _buffer.Close(null);
        Assert.Equal(0, _buffer.Finish(1).Frames);
    }

    [Fact]
    public void Append_ToBufferThatBecomesAnotherRecordingsMeanwhile_IsClosed()
    {
        // The word is the same before and after, but for the epoch: open, empty, floor 0.
        _buffer.Open(_owner, 0, Reserve);
        object other = new();
        var frame = new Interrupted(_owner, () =>
        {
            _buffer.Close(null);
            _buffer.Open(other, 0, Reserve);
        });
        Assert.Equal(AppendResult.Closed, _buffer.Append(ref frame, 0, out _));
        _buffer.Close(null);
        Assert.Equal(0, _buffer.Finish(1).Frames);
    }

    [Fact]
    public void Append_ToBufferThatIsClosedMeanwhile_GoesToItsSuccessor()
    {
        var next = new PayloadBuffer(new byte[Size], 0, Size);
        next.Prepare(_owner, Reserve);
        _buffer.Open(_owner, 0, Reserve);
        var frame = new Interrupted(_owner, () => _buffer.Close(next));
        Assert.Equal(AppendResult.Accepted, _buffer.Append(ref frame, 0, out _));
        next.Close(null);
        Assert.Equal((0, 1), (_buffer.Finish(1).Frames, next.Finish(2).Frames));
    }

    [Fact]
    public void Close_WithSuccessorOfAnotherRecording_Throws()
    {
        var next = new PayloadBuffer(new byte[Size], 0, Size);
        _buffer.Open(_owner, 0, Reserve);
        Assert.Throws<ArgumentException>("next", () => _buffer.Close(next));
        next.Prepare(new object(), Reserve);
        Assert.Throws<ArgumentException>("next", () => _buffer.Close(next));
        next.Open(_owner, 0, Reserve);
        Assert.Throws<ArgumentException>("next", () => _buffer.Close(next));
        Assert.False(_buffer.IsClosed);
    }

    [Fact]
    public void PumpVerbs_InTheWrongState_Throw()
    {
        Assert.Throws<InvalidOperationException>(() => _buffer.Close(null));
        Assert.Throws<InvalidOperationException>(() => _buffer.Finish(0));
        _buffer.Prepare(_owner, Reserve);
        Assert.Throws<InvalidOperationException>(() => _buffer.Finish(0));
        _buffer.Open(_owner, 0, Reserve);
        Assert.Throws<InvalidOperationException>(() => _buffer.Finish(0));
        Assert.Throws<InvalidOperationException>(() => _buffer.Open(_owner, 0, Reserve));
        Assert.Throws<InvalidOperationException>(() => _buffer.Release());
        _buffer.Close(null);
        Assert.Throws<InvalidOperationException>(() => _buffer.Close(null));
    }

    // A call that waits for its setup is not ticked: it fills one payload after the other.
    [Fact]
    public void TryAppend_BehindTwoFullPayloads_SaysWhichOneIsFull()
    {
        PayloadBuffer second = new(new byte[Size], 0, Size), third = new(new byte[Size], 0, Size);
        _buffer.Open(_owner, 0, Reserve);
        Fill(5, 100);
        Assert.Equal(AppendResult.Full, _buffer.TryAppend(_leg, Audio(5), 100, out PayloadBuffer at));
        Assert.Same(_buffer, at);
        second.Prepare(_owner, Reserve);
        Assert.True(at.TryOverflow(_owner, second));
        Fill(5, 100);
        Assert.Equal(AppendResult.Full, _buffer.TryAppend(_leg, Audio(5), 100, out at));
        Assert.Same(second, at);
        third.Prepare(_owner, Reserve);
        Assert.True(at.TryOverflow(_owner, third));
        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(6), 100, out at));
        Assert.Same(third, at);
    }

    [Fact]
    public void TryOverflow_OfFullPayload_GivesThePumpItsSuccessor()
    {
        byte[] second = new byte[Size];
        var next = new PayloadBuffer(second, 0, Size);
        var unused = new PayloadBuffer(new byte[Size], 0, Size);
        _buffer.Open(_owner, 0, Reserve);
        _buffer.TryAppend(_leg, Audio(0), 100);
        next.Prepare(_owner, Reserve);
        unused.Prepare(_owner, Reserve);
        Assert.False(_buffer.TryOverflow(new object(), next));
        Assert.True(_buffer.TryOverflow(_owner, next));
        Assert.False(_buffer.TryOverflow(_owner, unused));
        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(1), 99));
        Assert.Same(next, _buffer.Close(unused));
        Assert.Equal(new PayloadInfo(2, 1, 100, 100), _buffer.Finish(0));
        Assert.Null(next.Close(null));
        Assert.Equal(new PayloadInfo(2, 1, 100, 100), next.Finish(1));
        Assert.True(Payloads.Parse(second).MayFollow(Payloads.Parse(Payload)));
    }

    [Fact]
    public void TryAppend_PumpStoppedRightAfterItClosed_GoesIntoTheNextPayload()
    {
        byte[] second = new byte[Size];
        PayloadBuffer next = new(second, 0, Size);
        _buffer.Open(_owner, 0, Reserve);
        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(0), 10));
        next.Prepare(_owner, Reserve);
        // What the pump does before it is stopped: it says what follows, and closes. It does not come to open that.
        Set("_plannedLife", Get(next, "_life"));
        Set("_planned", next);
        typeof(PayloadBuffer).GetMethod("CloseByPump", Hidden)!.Invoke(_buffer, null);
        Assert.True(next.IsClosed);

        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(1), 5));
        Assert.False(next.IsClosed);
        Assert.Equal(10u, next.LastArrivalMs);
        next.Close(null);
        Assert.Equal(new PayloadInfo(2, 1, 10, 10), next.Finish(1));

        void Set(string field, object? value) => typeof(PayloadBuffer).GetField(field, Hidden)!.SetValue(_buffer, value);
        static object? Get(PayloadBuffer of, string field) => typeof(PayloadBuffer).GetField(field, Hidden)!.GetValue(of);
    }

    [Fact]
    public void Release_AfterUse_LeavesNothingInMemory()
    {
        _buffer.Open(_owner, 0, Reserve);
        _buffer.TryAppend(_leg, Audio(3), 0);
        _buffer.Close(null);
        Assert.NotEqual(-1, _memory.AsSpan().IndexOfAnyExcept((byte)0));
        _buffer.Release();
        Assert.Equal(-1, _memory.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void TryAppend_OfLegInUse_IsContended()
    {
        _buffer.Open(_owner, 0, Reserve);
        Assert.True(_leg.TryEnter());
        Assert.Equal(AppendResult.Contended, _buffer.TryAppend(_leg, Audio(0), 0));
        _leg.Leave();
        Assert.Equal(AppendResult.Accepted, _buffer.TryAppend(_leg, Audio(0), 0));
    }

    [Fact]
    public void TryAppend_InSteadyState_AllocatesNothing()
    {
        PayloadBuffer[] buffers = [new(new byte[50_000], 0, 50_000), new(new byte[50_000], 0, 50_000)];
        byte[] rtp = [0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, .. new byte[160]];
        buffers[0].Open(_owner, 0, Reserve);
        Write(buffers, rtp, 3);
        int accepted = 0;
        Assert.Equal(0, Allocations.Least(() => accepted = Write(buffers, rtp, 101)));
        Assert.Equal(101 * 300, accepted);
    }

    // An odd number of rounds, so that the next call begins with the other buffer.
    private int Write(PayloadBuffer[] buffers, byte[] rtp, int rounds)
    {
        int accepted = 0;
        for (int round = 0; round < rounds; round++)
        {
            PayloadBuffer buffer = buffers[0].IsClosed ? buffers[1] : buffers[0];
            PayloadBuffer next = buffers[0].IsClosed ? buffers[0] : buffers[1];
            for (int i = 0; i < 300; i++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(rtp.AsSpan(2), (ushort)i);
                BinaryPrimitives.WriteUInt32BigEndian(rtp.AsSpan(4), (uint)i * 160);
                bool parsed = RtpPacket.TryParse(rtp, out RtpPacket packet);
                var frame = new MediaFrame(_leg.KindOf(packet.PayloadType), packet);
                AppendResult result = buffer.TryAppend(_leg, frame, (uint)(round * 1_000 + i));
                accepted += parsed && result == AppendResult.Accepted ? 1 : 0;
            }

            buffer.TryAppendGap(_owner, 0, 20, GapReason.Overload, (uint)(round * 1_000 + 999));
            next.Prepare(_owner, Reserve);
            buffer.Close(next);
            buffer.Finish((uint)round);
        }

        return accepted;
    }

    // A gap whose thread stops between the look at the buffer and the reservation, while the pump goes on.
    private struct Interrupted(object owner, Action meanwhile) : IPendingFrame
    {
        private readonly PendingGap _gap = new(owner, 15, 1, GapReason.Lost);
        private Action? _meanwhile = meanwhile;

        public readonly object Owner => _gap.Owner;

        public readonly int? Leg => _gap.Leg;

        public readonly bool MayUseReserve => _gap.MayUseReserve;

        public readonly int Frames => _gap.Frames;

        public readonly int MediaFrames => _gap.MediaFrames;

        public readonly int SizeAlone => _gap.SizeAlone;

        public readonly void Plan(long life) => _gap.Plan(life);

        public int Size(uint arrival, uint delta)
        {
            Action? act = _meanwhile;
            _meanwhile = null;
            act?.Invoke();
            return _gap.Size(arrival, delta);
        }

        public readonly void Write(Span<byte> target, uint arrival, uint delta, long life) => _gap.Write(target, arrival, delta, life);
    }
}
