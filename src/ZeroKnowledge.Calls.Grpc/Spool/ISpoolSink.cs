namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Takes what the pumps bring. Called from any thread; nothing may wait.</summary>
internal interface ISpoolSink
{
    void Add(in SpoolItem item);
}
