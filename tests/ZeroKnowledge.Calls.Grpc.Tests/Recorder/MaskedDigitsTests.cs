using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Sqlite;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What was masked is nowhere: not in the archive, the spool, the register, the decrypted recording, nor in the memory of the gateway.</summary>
public sealed class MaskedDigitsTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Mask_AfterItEnded_MaskedDigitsAreNowhere()
    {
        string? gcore = Engines.Find("gcore");
        Engines.Require(gcore is not null, "gcore takes the memory image: install gdb.");
        string folder = Directory.CreateDirectory(Path.Combine(fixture.Folder, "masked")).FullName;
        fixture.Gateway.Save(Path.Combine(folder, "gateway.key"));
        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        using Process child = ChildProcess.StartTalking(
            "mask", fixture.Address, folder, fixture.Active.Recipient.ToString(), seed.ToString(CultureInfo.InvariantCulture));
        try
        {
            Assert.Equal($"before {2 * MaskChild.Frames}", await LineAsync(child));
            Assert.Equal("during 0", await LineAsync(child));
            Assert.Equal("ready", await LineAsync(child));
            Needles needles = new(seed);
            await SearchImageAsync(needles, gcore!, child, Path.Combine(folder, "image"));

            await child.StandardInput.WriteLineAsync();
            await SearchRecordingAsync(needles, RecordingId.Parse(await LineAsync(child)), Path.Combine(folder, "register.db"));
            await child.WaitForExitAsync().WaitAsync(Patience);
            SearchFiles(needles);
        }
        finally
        {
            child.Kill();
        }
    }

    private static async Task<string> LineAsync(Process child) => await child.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? "the child ended";

    private static async Task SearchImageAsync(Needles needles, string gcore, Process child, string path)
    {
        ProcessStartInfo info = new(gcore, ["-o", path, child.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process taking = Process.Start(info)!;
        Task<string> said = taking.StandardOutput.ReadToEndAsync();
        string complaints;
        try
        {
            complaints = await taking.StandardError.ReadToEndAsync().WaitAsync(Patience);
            await taking.WaitForExitAsync().WaitAsync(Patience);
        }
        finally
        {
            taking.Kill(entireProcessTree: true);
        }

        path = $"{path}.{child.Id}";
        Engines.Require(File.Exists(path), $"gcore may not look into a process: {await said} {complaints}");
        HashSet<(int Part, int Size, int Number)> found = needles.Search(path);
        File.Delete(path);

        // The search finds what is there: a planted value, and what was recorded before the mask, which is not encrypted before its tick.
        Assert.Contains((MaskChild.Planted, Needles.Audio, 0), found);
        Assert.Equal(2 * MaskChild.Frames, found.Count(needle => needle.Part == MaskChild.Before));
        Assert.DoesNotContain(found, needle => needle.Part == MaskChild.During);
    }

    private async Task SearchRecordingAsync(Needles needles, RecordingId id, string registerPath)
    {
        await using SqliteRegister register = SqliteRegister.Open(registerPath);
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(
            id, new ReaderOptions { Trust = fixture.Trust, Identity = fixture.Active, Register = register });
        string decrypted = Path.Combine(fixture.Folder, "decrypted");
        await using (FileStream file = File.Create(decrypted))
        {
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                await file.WriteAsync(frame.Payload);
            }
        }

        HashSet<(int Part, int Size, int Number)> found = needles.Search(decrypted);
        File.Delete(decrypted);
        Assert.Equal(2 * MaskChild.Frames, found.Count);
        Assert.All(found, needle => Assert.Equal(MaskChild.Before, needle.Part));
    }

    // Everything on disk: the archive's data, the spool, the register. A planted file shows that the search looks there.
    private void SearchFiles(Needles needles)
    {
        string planted = Path.Combine(fixture.Folder, "masked", "spool", "planted");
        byte[] value = new byte[Needles.Audio];
        MaskChild.Say(needles.Seed, MaskChild.Planted, 0, value);
        File.WriteAllBytes(planted, value);
        string[] files = Directory.GetFiles(fixture.Folder, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.Contains("data", StringComparison.Ordinal));
        Assert.Equal([(planted, MaskChild.Planted)], files.SelectMany(file => needles.Search(file).Select(needle => (file, needle.Part))));
    }

    /// <summary>Everything that the child said, to be found in files of any size.</summary>
    private sealed class Needles
    {
        public const int Audio = 160;

        private const int Events = 16;
        private const int BufferSize = 1 << 20;

        private readonly bool[] _first = new bool[1 << 16];
        private readonly Dictionary<ulong, (byte[] Bytes, (int, int, int) Name)> _byPrefix = [];

        public Needles(ulong seed)
        {
            Seed = seed;
            for (int number = 0; number < MaskChild.Frames; number++)
            {
                Add(MaskChild.Before, Audio, number);
                Add(MaskChild.Before, Events, number);
                Add(MaskChild.During, Audio, number);
                Add(MaskChild.During, Events, number);
            }

            Add(MaskChild.Planted, Audio, 0);
        }

        public ulong Seed { get; }

        public HashSet<(int Part, int Size, int Number)> Search(string path)
        {
            HashSet<(int, int, int)> found = [];
            byte[] buffer = new byte[BufferSize];
            int kept = 0;
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            while (true)
            {
                int read = file.Read(buffer, kept, buffer.Length - kept);
                if (read == 0)
                {
                    return found;
                }

                int length = kept + read;
                Search(buffer.AsSpan(0, length), found);
                kept = Math.Min(Audio - 1, length);
                buffer.AsSpan(length - kept, kept).CopyTo(buffer);
            }
        }

        private void Add(int part, int size, int number)
        {
            byte[] bytes = new byte[size];
            MaskChild.Say(Seed, part, number, bytes);
            _first[BinaryPrimitives.ReadUInt16LittleEndian(bytes)] = true;
            _byPrefix.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes), (bytes, (part, size, number)));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Search(ReadOnlySpan<byte> data, HashSet<(int, int, int)> found)
        {
            for (; data.Length >= Events; data = data[1..])
            {
                if (_first[BinaryPrimitives.ReadUInt16LittleEndian(data)]
                    && _byPrefix.TryGetValue(BinaryPrimitives.ReadUInt64LittleEndian(data), out (byte[] Bytes, (int, int, int) Name) needle)
                    && data.StartsWith(needle.Bytes))
                {
                    found.Add(needle.Name);
                }
            }
        }
    }
}
