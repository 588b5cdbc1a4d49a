namespace ZeroKnowledge.Calls.Grpc;

/// <summary>How a recorder stands at one moment.</summary>
/// <param name="ActiveCalls">Calls that have begun and are not sealed.</param>
/// <param name="SpooledBytes">Bytes of chunks in the spool that some archive lacks.</param>
/// <param name="IsSpoolFull">The spool has no room, so that new audio becomes gaps.</param>
/// <param name="RegisterWaiting">Envelopes, statements and receipts that wait for the register; rising while it cannot be written.</param>
/// <param name="Archives">The archives, in the order of the options.</param>
public sealed record RecorderStatus(int ActiveCalls, long SpooledBytes, bool IsSpoolFull, long RegisterWaiting, IReadOnlyList<ArchiveStatus> Archives);
