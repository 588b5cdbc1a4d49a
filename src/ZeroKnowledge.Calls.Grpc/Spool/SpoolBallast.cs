namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Room on the disk that is given back when the disk is full: without some, not even what is no longer needed could be given up in good order.</summary>
internal sealed class SpoolBallast
{
    private const int Size = 256 << 10;

    private readonly string _path;
    private bool _isThere;

    public SpoolBallast(string folder)
    {
        _path = Path.Combine(folder, "ballast");
        try
        {
            Make();
        }
        catch (IOException)
        {
            // A disk that is full at the start has none to give back.
        }
    }

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
            File.WriteAllBytes(_path, new byte[Size]);
            _isThere = true;
        }
    }
}
