using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>All memory that another process can write, or that no file stands behind: the heaps, the stacks, the data of libraries.</summary>
internal sealed class ProcessMemory
{
    private const int Page = 4096;
    private const int Prefix = 8;

    private readonly List<(long Start, string Name, byte[] Bytes)> _regions = [];

    /// <exception cref="UnauthorizedAccessException">The system does not let this process look into the other one.</exception>
    public ProcessMemory(int process)
    {
        string[] maps = File.ReadAllLines($"/proc/{process}/maps");
        using SafeFileHandle memory = File.OpenHandle($"/proc/{process}/mem");
        foreach (string line in maps)
        {
            string[] words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            string name = words.Length > 5 ? words[5].Trim() : "anonymous memory";
            bool ofTheSystem = name is "[vvar]" or "[vsyscall]" or "[vdso]" or "[vvar_vclock]";
            if (words[1][0] == 'r' && !ofTheSystem && (words[1][1] == 'w' || words.Length <= 5))
            {
                string[] range = words[0].Split('-');
                Read(memory, long.Parse(range[0], NumberStyles.HexNumber, null), long.Parse(range[1], NumberStyles.HexNumber, null), name);
            }
        }
    }

    public long Size => _regions.Sum(region => (long)region.Bytes.Length);

    /// <summary>Every place at which one of the wanted byte strings, of 8 bytes or more, stands: its name and where.</summary>
    public List<(string Name, string Place)> Find(IReadOnlyList<(string Name, byte[] Bytes)> wanted)
    {
        // One pass for all: two bytes decide most places, eight nearly all others.
        bool[] first = new bool[1 << 16];
        Dictionary<ulong, List<(string Name, byte[] Bytes)>> byPrefix = [];
        foreach ((string name, byte[] bytes) in wanted)
        {
            first[BinaryPrimitives.ReadUInt16LittleEndian(bytes)] = true;
            ulong prefix = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            byPrefix.TryAdd(prefix, []);
            byPrefix[prefix].Add((name, bytes));
        }

        List<(string, string)> found = [];
        foreach ((long start, string region, byte[] memory) in _regions)
        {
            ReadOnlySpan<byte> rest = memory;
            for (int at = 0; rest.Length >= Prefix; at++, rest = rest[1..])
            {
                if (!first[rest[0] | (rest[1] << 8)] || !byPrefix.TryGetValue(BinaryPrimitives.ReadUInt64LittleEndian(rest), out List<(string Name, byte[] Bytes)>? candidates))
                {
                    continue;
                }

                foreach ((string name, byte[] bytes) in candidates)
                {
                    if (rest.StartsWith(bytes))
                    {
                        found.Add((name, string.Create(CultureInfo.InvariantCulture, $"{start + at:x} in {region} from {start:x} to {start + memory.Length:x}")));
                    }
                }
            }
        }

        return found;
    }

    // Reserved memory is mostly not there: what cannot be read is passed over, a page at a time.
    private void Read(SafeFileHandle memory, long start, long end, string name)
    {
        byte[] bytes = new byte[end - start];
        int length = 0;
        long first = start;
        for (long at = start; at < end;)
        {
            int read = TryRead(memory, bytes.AsSpan(length, (int)Math.Min(end - at, 1 << 20)), at);
            length += read;
            at += read;
            if (read == 0)
            {
                Keep();
                at += Page;
                first = at;
            }
        }

        Keep();

        void Keep()
        {
            if (length > 0)
            {
                _regions.Add((first, name, bytes[..length]));
                length = 0;
            }
        }
    }

    private static int TryRead(SafeFileHandle memory, Span<byte> part, long at)
    {
        try
        {
            return RandomAccess.Read(memory, part, at);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
