using System.Globalization;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// What a number of calls needs, from figures measured on one machine (docs/PERFORMANCE.md): a guide for choosing a machine, not a promise. Sizes are exact.
/// </summary>
internal static class SizeRun
{
    // Of `endtoend --calls 20000` on two cores of an AMD EPYC, 8.4 kB chunks: (gateway's, archive's cores) / chunks a second.
    private const double GatewayUsPerChunk = 22;
    private const double ArchiveUsPerChunk = 40;

    // Half of either is of the chunk, half of its bytes: of `gate` for 8 and 16 KiB, and the copies.
    private const double MeasuredChunk = 8_422;
    private const double ShareOfBytes = 0.5;

    // Of a write of one frame with many calls, of `flat`.
    private const double WriteUs = 0.44;
    private const double FramesPerSecond = 50;

    // Of `calls`: the recorder's objects for a call beside its buffers, of which one call in 16 has a second one.
    private const double MemoryPerCall = 8_000;
    private const double Buffers = 1 + (1.0 / 16);

    // HTTP/2, Protobuf, core id and index around a chunk; TLS less than a thousandth more.
    private const double WireOverhead = 75;

    // Of `endtoend`: bytes that the archive writes for each byte of a chunk.
    private const double WriteAmplification = 3.5;

    public static int Run(Arguments arguments)
    {
        int calls = arguments.Number("--calls", 1_000), legs = arguments.Number("--legs", 2), days = arguments.Number("--days", 365);
        string codec = arguments.Text("--codec", "g711");
        if (calls < 1 || days < 0 || legs is < 1 or > Format.MaxLegs)
        {
            throw new ArgumentException($"--calls is at least 1, --days 0, --legs 1 to {Format.MaxLegs}.");
        }

        SizeRow row = Compute(calls, codec, legs, days, arguments.Suite());
        if (arguments.IsJson)
        {
            arguments.Print(row);
            return 0;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {row.Calls:N0} calls at a time, {row.Legs} legs of {row.Codec}: chunks of {row.ChunkBytes:N0} bytes a second and call
            gateway   {row.GatewayCores:N2} cores, {row.GatewayMemoryMB:N0} MB of memory, beside its own
            network   {row.NetworkMBitPerSecond:N0} Mbit/s to each archive
            spool     {row.SpoolMBPerMinute:N0} MB for each minute without an archive
            archive   {row.ArchiveCores:N2} cores, {row.ArchiveDiskMBPerSecond:N0} MB/s written to its disk
            storage   {row.StorageMBPerCallHour:N1} MB an hour of a call; {row.StorageTB:N1} TB in {row.Days} days, if so many calls run all the time
            """));
        return 0;
    }

    private static SizeRow Compute(int calls, string codec, int legs, int days, Suite suite)
    {
        (Leg leg, int bitRate) = codec switch
        {
            "g711" => (Leg.Pcma("leg"), 64_000),
            "opus" => (Leg.Opus("leg"), 32_000),
            "l16" => (Leg.L16("leg"), 128_000),
            _ => throw new ArgumentException("--codec is g711, opus (a policy of 32 kbit/s) or l16 (8 kHz)."),
        };
        int chunk = PayloadSize.Compute(1_000, [.. Enumerable.Repeat(leg, legs)], bitRate / 8) + Format.Overhead(suite);
        double scale = (1 - ShareOfBytes) + (ShareOfBytes * chunk / MeasuredChunk);
        return new SizeRow(
            calls,
            codec,
            legs,
            days,
            chunk,
            calls * ((scale * GatewayUsPerChunk) + (WriteUs * FramesPerSecond * legs)) / 1e6,
            calls * scale * ArchiveUsPerChunk / 1e6,
            calls * (MemoryPerCall + (chunk * Buffers)) / 1e6,
            calls * (chunk + WireOverhead) * 8 / 1e6,
            calls * 60.0 * chunk / 1e6,
            calls * chunk * WriteAmplification / 1e6,
            3_600.0 * chunk / 1e6,
            calls * 86_400.0 * days * chunk / 1e12);
    }
}
