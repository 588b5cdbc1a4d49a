using System.Buffers.Binary;

namespace ZeroKnowledge.Calls;

/// <summary>Writes a <c>.zkc</c> file; every prefix of what was written is valid.</summary>
internal sealed class ContainerWriter(Stream stream)
{
    private readonly byte[] _head = new byte[ContainerFormat.BlockHead];

    public async ValueTask BeginAsync(
        ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> openingRecord, ReadOnlyMemory<byte> checkpoint, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(header, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(openingRecord, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(checkpoint, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask ChunkAsync(ReadOnlyMemory<byte> stored, CancellationToken cancellationToken) =>
        BlockAsync(ContainerFormat.Chunk, stored, cancellationToken);

    public ValueTask StatementAsync(ReadOnlyMemory<byte> statement, CancellationToken cancellationToken) =>
        BlockAsync(ContainerFormat.Statement, statement, cancellationToken);

    public async ValueTask EndAsync(ReadOnlyMemory<byte> closingRecord, ReadOnlyMemory<byte> seal, CancellationToken cancellationToken)
    {
        await BlockAsync(ContainerFormat.ClosingRecord, closingRecord, cancellationToken).ConfigureAwait(false);
        await StatementAsync(seal, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask BlockAsync(byte type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        _head[0] = type;
        BinaryPrimitives.WriteUInt32BigEndian(_head.AsSpan(1), (uint)body.Length);
        await stream.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }
}
