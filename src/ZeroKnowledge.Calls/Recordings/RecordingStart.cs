namespace ZeroKnowledge.Calls;

/// <summary>What a recording begins with: the header, opening record and first checkpoint go to the archive, the envelope to the register.</summary>
internal sealed record RecordingStart(RecordingHeader Header, byte[] OpeningRecord, Statement Checkpoint, KeyEnvelope Envelope)
{
    public RegisteredRecording ToRegister() => new() { Header = Header, Envelope = Envelope, Statements = [Checkpoint] };
}
