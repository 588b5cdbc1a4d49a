using System.Globalization;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>The gateway cannot read what it wrote: shown by searching the memory of a process that has just written.</summary>
public class ProcessImageTests
{
    [SkippableTheory]
    [InlineData(Suite.Aes256Gcm, 0)]
    [InlineData(Suite.Aes256Gcm, 1)]
    [InlineData(Suite.Aes256Gcm, 70)]
    [InlineData(Suite.Aegis256, 70)]
    public async Task EncryptChunk_Afterwards_TheProcessHoldsNothingThatOpensAnEarlierChunk(Suite suite, int chunks)
    {
        Engines.Require(OperatingSystem.IsLinux(), "Another process's memory is read through /proc.");
        using Identity identity = Identity.Generate();
        using ChildProcess child = ChildProcess.Start("image", suite.ToString(), chunks.ToString(CultureInfo.InvariantCulture));
        await child.Input.WriteLineAsync(identity.Recipient.ToString());
        Assert.True(RecordingHeader.TryParse(Convert.FromHexString(await child.ReadLineAsync()), out RecordingHeader? header, out string? error), error);
        Assert.True(KeyEnvelope.TryParse(Convert.FromHexString(await child.ReadLineAsync()), out KeyEnvelope? envelope, out error), error);
        Assert.Equal("ready", await child.ReadLineAsync());
        ProcessMemory memory = Read(child.Id);

        // The search finds what is there: every node of the frontier, and only in the locked slab.
        List<(string Name, byte[] Bytes)> held = WriterSecrets.Held(header, envelope, identity, chunks);
        List<(string Name, string Place)> found = memory.Find(held);
        Assert.Equal(held.Select(secret => secret.Name).Order(), found.Select(secret => secret.Name).Order());

        List<(string Name, string Place)> left = memory.Find(WriterSecrets.Forgotten(header, envelope, identity, chunks));
        Assert.True(left.Count == 0, string.Join('\n', left.Select(secret => $"{secret.Name} at {secret.Place}")));
    }

    // Of one step alone: what a writer does after it goes over the same stack, and would hide what it left.
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Take_Afterwards_TheProcessHoldsNoNodeAboveAnEarlierChunk(int chunks)
    {
        Engines.Require(OperatingSystem.IsLinux(), "Another process's memory is read through /proc.");
        byte[] root = RandomNumberGenerator.GetBytes(Format.KeySize);
        string masked = Convert.ToHexString([.. root.Select(b => (byte)(b ^ 0xa5))]);
        using ChildProcess child = ChildProcess.Start("frontier", masked, chunks.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("ready", await child.ReadLineAsync());
        ProcessMemory memory = Read(child.Id);

        KeyNode[] held = chunks == 0 ? [new KeyNode(12, 0), .. KeyNode.Cover(1, Format.MaxChunks)] : [.. KeyNode.Cover(chunks, Format.MaxChunks)];
        List<(string Name, string Place)> found = memory.Find([.. held.Select(node => (node.ToString(), KeyTree.Node(root, node)))]);
        // It was done twice.
        Assert.Equal(held.SelectMany(node => new[] { node.ToString(), node.ToString() }).Order(), found.Select(secret => secret.Name).Order());

        IEnumerable<KeyNode> above = Enumerable.Range(0, chunks).SelectMany(chunk => Enumerable.Range(0, 13).Select(level => KeyNode.On(level, chunk))).Append(new KeyNode(0, 0)).Distinct();
        List<(string Name, string Place)> left = memory.Find(WriterSecrets.WithTraces(above.Select(node => (node.ToString(), KeyTree.Node(root, node)))));
        Assert.True(left.Count == 0, string.Join('\n', left.Select(secret => $"{secret.Name} at {secret.Place}")));
    }

    [Fact]
    public void Compress_OfAPaddedMessage_GivesItsHash()
    {
        byte[] block = new byte[64];
        "abc"u8.CopyTo(block);
        (block[3], block[63]) = (0x80, 24);
        byte[] words = WriterSecrets.Compress(block);
        Assert.Equal(SHA256.HashData("abc"u8), words.Chunk(4).SelectMany(word => word.Reverse()));
    }

    private static ProcessMemory Read(int process)
    {
        try
        {
            return new ProcessMemory(process);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Engines.Require(false, $"The system does not let a process read its child's memory (kernel.yama.ptrace_scope): {e.Message}");
            throw;
        }
    }
}
