using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace ArchiveService;

/// <summary>
/// The memory that the server reads from sockets into, in blocks of 16 KiB instead of its own of 4: each block is one call of the system, and uploads bring 100 MB a second. Larger ones
/// gain nothing more (measured: docs/decisions/0010-archive-engine.md), and each connection that stalls within a frame holds some.
/// </summary>
internal sealed class WireBlocks : IMemoryPoolFactory<byte>
{
    private const int BlockSize = 16 << 10;

    // 16 MiB; more is left to the collector.
    private const int MostKept = 1_024;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly ConcurrentQueue<byte[]> _free = new();

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);

            // Pinned, as the system writes into it.
            return new Block(this, _free.TryDequeue(out byte[]? free) ? free : GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
        }

        // What was rented stays valid; what is free goes with the pool.
        protected override void Dispose(bool disposing) => _free.Clear();

        private void Return(byte[] block)
        {
            if (_free.Count < MostKept)
            {
                _free.Enqueue(block);
            }
        }

        // One for each time that a block is rented: given back twice, it must not be two connections'.
        private sealed class Block(Pool pool, byte[] bytes) : IMemoryOwner<byte>
        {
            private byte[]? _bytes = bytes;

            public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _bytes, null) is { } rented)
                {
                    pool.Return(rented);
                }
            }
        }
    }
}
