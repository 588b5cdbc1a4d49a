namespace ArchiveService;

/// <summary>What a call asks for.</summary>
internal enum Permission
{
    /// <summary>Nothing is permitted by it.</summary>
    None = 0,

    /// <summary>Upload, and ask where one's own recordings stand.</summary>
    Write,

    /// <summary>Read a recording that one can name.</summary>
    Read,

    /// <summary>List all recordings.</summary>
    List,

    /// <summary>Delete.</summary>
    Delete,
}
