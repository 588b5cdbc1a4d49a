using System.Runtime.InteropServices;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>Looks for what was destroyed in every file of a folder.</summary>
internal static class FolderSearch
{
    private const int Piece = 32;

    /// <summary>The secrets of which any aligned 32-byte piece of the middle stands anywhere in a file, with the file's name.</summary>
    /// <param name="folder">Searched with all its folders.</param>
    /// <param name="secrets">The bytes of envelopes.</param>
    public static List<string> Find(string folder, IReadOnlyList<byte[]> secrets)
    {
        // By their first 8 bytes: a file has millions of places, and thousands of pieces are looked for.
        Dictionary<ulong, (int Secret, int At)> pieces = [];
        for (int i = 0; i < secrets.Count; i++)
        {
            // The first 64 bytes of an envelope are no secret: magic, version, core id.
            for (int at = 64; at + Piece <= secrets[i].Length; at += Piece)
            {
                pieces.TryAdd(MemoryMarshal.Read<ulong>(secrets[i].AsSpan(at)), (i, at));
            }
        }

        List<string> found = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            for (int at = 0; at + Piece <= bytes.Length; at++)
            {
                if (pieces.TryGetValue(MemoryMarshal.Read<ulong>(bytes.AsSpan(at)), out (int Secret, int At) piece)
                    && bytes.AsSpan(at, Piece).SequenceEqual(secrets[piece.Secret].AsSpan(piece.At, Piece)))
                {
                    found.Add($"{Path.GetFileName(file)} at {at}: envelope {piece.Secret} at {piece.At}");
                }
            }
        }

        return found;
    }
}
