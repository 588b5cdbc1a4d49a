namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Where a record is: from its head on.</summary>
internal readonly record struct SpoolLocation(SpoolSegment Segment, int Offset, int BodySize)
{
    /// <summary>Not yet written, or no longer needed.</summary>
    public bool IsNone => Segment is null;

    public int Size => SpoolRecord.HeadSize + BodySize;
}
