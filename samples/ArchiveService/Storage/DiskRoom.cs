namespace ArchiveService.Storage;

/// <summary>Keeps a reserve on the disk: a full disk would refuse the ends of recordings too, and the log that makes them durable.</summary>
internal sealed class DiskRoom(string folder, long reserve, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly DriveInfo _drive = new(Path.GetFullPath(folder));
    private long _checkedAt = long.MinValue;
    private bool _hasRoom = true;

    /// <summary>Whether more than the reserve is free; looked up once a second. For one thread.</summary>
    public bool HasRoom()
    {
        if (_checkedAt == long.MinValue || clock.GetElapsedTime(_checkedAt) >= Interval)
        {
            _checkedAt = clock.GetTimestamp();
            try
            {
                _hasRoom = _drive.AvailableFreeSpace > reserve;
            }
            catch (IOException)
            {
                // Not known is not full: the engine says so itself when it is.
            }
        }

        return _hasRoom;
    }
}
