namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Room on the disk that is given back when the disk is full: without some, not even what is no longer needed could be given up in good order.</summary>
internal sealed class SpoolBallast
{
    private readonly string _path;
    private readonly int _size;
    private volatile bool _isThere;

    public SpoolBallast(string folder, long capacity)
    {
        _path = Path.Combine(folder, "ballast");
        _size = (int)Math.Clamp(capacity / 64, 4 << 10, 256 << 10);
        try
        {
            Make();
        }
        catch (IOException)
        {
            // A disk that is full at the start has none to give back.
        }
    }

    public int Bytes => _isThere ? _size : 0;

    public void Drop()
    {
        File.Delete(_path);
        _isThere = false;
    }

    /// <exception cref="IOException">There is no room for it.</exception>
    public void Make()
    {
        if (!_isThere)
        {
            // Not zeros in a hole: the disk must have the room.
            File.WriteAllBytes(_path, new byte[_size]);
            _isThere = true;
        }
    }
}
