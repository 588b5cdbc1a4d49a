namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What a chunk in the spool survives.</summary>
public enum Durability
{
    /// <summary>Not a durability.</summary>
    None = 0,

    /// <summary>The end of the process, however it comes: chunks are in the system's page cache before they are sent. The default.</summary>
    Process = 1,

    /// <summary>The end of the machine too: chunks are synced to the disk, many at once, before they are sent.</summary>
    Power = 2,
}
