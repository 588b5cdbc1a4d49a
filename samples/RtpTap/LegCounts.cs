namespace RtpTap;

/// <summary>What came to a leg, and what became of it.</summary>
internal sealed record LegCounts(int Port, long Packets, long Recorded, long Masked, long Dropped, long Refused, long Lost, long Duplicates, long Reordered, long Restarts);
