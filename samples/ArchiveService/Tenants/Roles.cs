namespace ArchiveService;

/// <summary>What a certificate's subject may do in its tenant. Readers are named recording by recording, and have none of these.</summary>
[Flags]
internal enum Roles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Upload, and ask where one's own recordings stand.</summary>
    Writer = 1,

    /// <summary>List, read, delete, and name readers.</summary>
    Owner = 2,
}
