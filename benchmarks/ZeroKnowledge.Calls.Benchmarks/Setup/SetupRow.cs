namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What <c>-- setup</c> measured. Times in µs a recording with two X-Wing recipients.</summary>
/// <param name="Suite">aes or aegis.</param>
/// <param name="BegunPerSecondAndCore">Recordings begun by one thread: keys, header, opening record, envelope, first checkpoint.</param>
/// <param name="BeginUs">The same as a time; the parts follow.</param>
/// <param name="WrapUs">The envelope's key wrapped to both recipients.</param>
/// <param name="SigningKeyUs">The recording's signing key.</param>
/// <param name="SignaturesUs">The header's certificate and the first checkpoint's signature.</param>
/// <param name="OtherUs">Opening record, key schedule, frontier, and parsing of what was made.</param>
/// <param name="RegisteredPerSecond">Rows added to the SQLite register, synced, in batches of 256 as the recorder does.</param>
/// <param name="RegisteredOneByOnePerSecond">The same, each waited for.</param>
/// <param name="StartedPerSecond">Calls begun with a recorder, its spool and the SQLite register, until all of them had started.</param>
internal sealed record SetupRow(
    string Suite,
    double BegunPerSecondAndCore,
    double BeginUs,
    double WrapUs,
    double SigningKeyUs,
    double SignaturesUs,
    double OtherUs,
    double RegisteredPerSecond,
    double RegisteredOneByOnePerSecond,
    double StartedPerSecond);
