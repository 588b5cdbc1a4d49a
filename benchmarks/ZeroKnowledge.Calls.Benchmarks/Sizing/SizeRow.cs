namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What a number of calls needs.</summary>
/// <param name="ChunkBytes">A stored chunk of one second, of all legs of a call.</param>
/// <param name="GatewayCores">For writing, encrypting, the spool and the upload.</param>
/// <param name="ArchiveCores">For the reference archive.</param>
/// <param name="GatewayMemoryMB">Of the recorder, beside the gateway's own.</param>
/// <param name="NetworkMBitPerSecond">From the gateway to one archive.</param>
/// <param name="SpoolMBPerMinute">On the gateway's disk, for each minute without an archive.</param>
/// <param name="ArchiveDiskMBPerSecond">Written by the archive: log, tables and compactions.</param>
/// <param name="StorageMBPerCallHour">In the archive.</param>
/// <param name="StorageTB">In the archive, if so many calls run all the time for so many days.</param>
internal sealed record SizeRow(
    int Calls,
    string Codec,
    int Legs,
    int Days,
    int ChunkBytes,
    double GatewayCores,
    double ArchiveCores,
    double GatewayMemoryMB,
    double NetworkMBitPerSecond,
    double SpoolMBPerMinute,
    double ArchiveDiskMBPerSecond,
    double StorageMBPerCallHour,
    double StorageTB);
