using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>A call under load: every frame that the recorder took is in the ledger.</summary>
internal sealed class LoadedCall
{
    private static readonly Leg[] Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")];

    private readonly CallWriter _writer;
    private readonly LedgerSlot _slot;
    private readonly int _number;
    private readonly int _firstSequence;
    private int _frames;

    /// <param name="recorder">Where it is recorded.</param>
    /// <param name="slot">Of it alone.</param>
    /// <param name="frames">How long it lasts.</param>
    public LoadedCall(CallRecorder recorder, LedgerSlot slot, int frames)
    {
        _slot = slot;
        _number = slot.Call;
        _firstSequence = slot.FirstSequence;
        FramesLeft = frames;
        slot.Begun = Stopwatch.GetTimestamp();
        _writer = recorder.Begin(new CallMetadata { CallId = IdOf(_number), Legs = Legs });
    }

    public int FramesLeft { get; private set; }

    /// <summary>Of a call that has ended, when every archive has it.</summary>
    public Task<Receipt> Durable => _writer.Durable;

    public static string IdOf(int number) => $"call {number}";

    /// <summary>Writes the next frame of each leg.</summary>
    public void Write(byte[] packet)
    {
        if (_slot.Started == 0 && _writer.Started.IsCompletedSuccessfully)
        {
            _slot.Started = Stopwatch.GetTimestamp();
        }

        for (int leg = 0; leg < Legs.Length && _slot.HasRoom(leg); leg++)
        {
            FrameContent.WriteRtp(packet, _number, leg, _firstSequence + _frames);
            bool accepted = _writer.WriteRtp(leg, packet) == WriteResult.Accepted;
            _slot.Add(leg, accepted, Stopwatch.GetTimestamp());
        }

        _frames++;
        FramesLeft--;
    }

    public void End(bool completed)
    {
        _slot.Ended = Stopwatch.GetTimestamp();
        if (completed)
        {
            _writer.Complete();
        }
        else
        {
            _writer.Dispose();
        }
    }
}
