namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What <c>-- decrypt</c> measured of a recording of one G.711 leg with chunks of a second. Times in ns a chunk.</summary>
/// <param name="Suite">aes or aegis.</param>
/// <param name="ChunkBytes">As stored.</param>
/// <param name="RawDecryptNs">The AEAD and nothing else.</param>
/// <param name="RawSha256Ns">The hash and nothing else.</param>
/// <param name="SequentialNs">From the file to frames: read, proven against the signed root, decrypted, parsed.</param>
/// <param name="RatioToRaw"><paramref name="SequentialNs"/> to decryption and hash together.</param>
/// <param name="SequentialMBPerSecond">Bytes of stored chunks.</param>
/// <param name="VerifyNs">Everything checked and nothing decrypted, as who has no key does.</param>
/// <param name="RandomAccessUs">From a random time of an hour's recording to its first frame: a binary search, each step proven and decrypted.</param>
/// <param name="RandomAccessesPerSecond">The same as a rate.</param>
internal sealed record DecryptRow(
    string Suite,
    int ChunkBytes,
    double RawDecryptNs,
    double RawSha256Ns,
    double SequentialNs,
    double RatioToRaw,
    double SequentialMBPerSecond,
    double VerifyNs,
    double RandomAccessUs,
    double RandomAccessesPerSecond);
