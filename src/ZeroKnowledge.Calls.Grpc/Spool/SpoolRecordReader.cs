namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Takes a record that a scan has found whole.</summary>
internal delegate void SpoolRecordReader(SpoolRecordType type, long recording, ReadOnlySpan<byte> body, SpoolLocation location);
