using System.Buffers.Binary;
using ArchiveService;
using Microsoft.AspNetCore.Builder;

namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>A home with keys, an archive, and one short recording in it, made by the program itself.</summary>
public sealed class DeskFixture : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private WebApplication? _archive;

    public string Folder => _directory.Path;

    public string File(string name) => _directory.File(name);

    public async Task InitializeAsync()
    {
        await WellAsync("keygen", "--no-passphrase");
        await System.IO.File.AppendAllTextAsync(File("trust.txt"), (await WellAsync("archive", "key")).Output);
        _archive = ArchiveHost.Build("--data", File("archive"), "--gateways", File("trust.txt"), "--urls", "http://127.0.0.1:0");
        await _archive.StartAsync();
        await System.IO.File.WriteAllTextAsync(File("archive.txt"), $"# where it is\n{_archive.Urls.Single()}\n");
        await System.IO.File.WriteAllBytesAsync(File("call.wav"), Tone(1.2));
        await WellAsync("record", "call.wav");
    }

    public async Task DisposeAsync()
    {
        if (_archive is not null)
        {
            await _archive.StopAsync();
            await _archive.DisposeAsync();
        }
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>A home of its own with what a gateway needs; gives its folder.</summary>
    public string CopyForGateway(string folder)
    {
        string home = File(folder);
        Directory.CreateDirectory(home);
        foreach (string name in new[] { "gateway.key", "recipients.txt", "trust.txt", "archive.txt" })
        {
            System.IO.File.Copy(File(name), Path.Combine(home, name));
        }

        return home;
    }

    internal async Task<Ran> WellAsync(params string[] arguments)
    {
        Ran ran = await Zkcalls.RunAsync(Folder, arguments);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return ran;
    }

    /// <summary>Two legs of 16-bit PCM at 8,000 Hz.</summary>
    internal static byte[] Tone(double seconds)
    {
        int samples = (int)(seconds * 8_000);
        byte[] file = new byte[44 + (samples * 4)];
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        (file[16], file[20], file[22], file[32], file[34]) = (16, 1, 2, 4, 16);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(24), 8_000);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(28), 32_000);
        "data"u8.CopyTo(file.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), samples * 4);
        for (int i = 0; i < samples; i++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(44 + (4 * i)), (short)(8_000 * Math.Sin(i * 0.3)));
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(46 + (4 * i)), (short)(4_000 * Math.Sin(i * 0.07)));
        }

        return file;
    }
}
