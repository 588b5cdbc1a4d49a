namespace ZeroKnowledge.Calls.Grpc;

/// <summary>How a call goes on when its recording cannot: in a linked one, with room for what it has become.</summary>
internal sealed record LinkRequest(RecordingPolicy Policy, CallMetadata Metadata);
