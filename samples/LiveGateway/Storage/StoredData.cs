using LiveGateway.Attacks;
using LiveGateway.Calls;
using LiveGateway.Format;
using LiveGateway.ReadBack;
using ZeroKnowledge.Calls;

namespace LiveGateway.Storage;

/// <summary>The calls as they are stored: from a copy of the archive's files; of an archive elsewhere, from the .zkc files that were taken from it.</summary>
internal sealed class StoredData : IDisposable
{
    private readonly EngineFiles? _files;
    private readonly Desk _desk;

    public StoredData(Workspace workspace, JobOptions options, Desk desk)
    {
        _desk = desk;
        if (options.Archive is null)
        {
            // Opening the engine changes its files: so a copy, and what is searched later stays as the archive left it.
            string copy = Path.Combine(workspace.Attacks, "base");
            Folders.Copy(workspace.Archive, copy);
            _files = new EngineFiles(copy);
        }
    }

    public StoredParts Read(LiveCall call) => _files is null ? Container.Read(_desk.PathOf(call, ".zkc")) : _files.Read(call.Receipt.CoreId);

    public void Dispose() => _files?.Dispose();
}
