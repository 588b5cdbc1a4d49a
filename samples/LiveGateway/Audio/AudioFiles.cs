namespace LiveGateway.Audio;

/// <summary>Finds and reads the audio of the calls.</summary>
internal static class AudioFiles
{
    private const int MaxBytes = 512 << 20;
    private static readonly string[] Extensions = [".wav", ".al", ".ul", ".pcap", ".pcapng"];

    /// <summary>The speech that comes with the program.</summary>
    public static string Own => Path.Combine(AppContext.BaseDirectory, "speech");

    /// <summary>Pairs of voices: one for each leg of a call.</summary>
    public static IReadOnlyList<(AudioTrack Caller, AudioTrack Callee)> Read(string input)
    {
        if (!Directory.Exists(input))
        {
            return Pair([ReadFile(input)]);
        }

        string[] files = List(input);
        return files.Length == 0
            ? throw new UserException($"The folder '{input}' holds no .wav, .al, .ul or .pcap file.")
            : Pair([.. files.Select(ReadFile)]);
    }

    private static string[] List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder)
                .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
                .OrderBy(CallerFirst, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"The folder '{folder}' cannot be read: {e.Message}", e);
        }
    }

    // NAME.caller.al and NAME.assistant.al are the two legs of a call; by name alone the assistant would come first.
    private static string CallerFirst(string file) => Path.GetFileName(file).Replace(".caller.", ".\0.", StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<AudioTrack> ReadFile(string path)
    {
        byte[] file;
        try
        {
            var info = new FileInfo(path);
            if (info.Length > MaxBytes)
            {
                throw new UserException($"'{path}' has {info.Length:N0} bytes; at most {MaxBytes:N0} can be read.");
            }

            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"The audio '{path}' cannot be read: {e.Message}", e);
        }

        if (PcapFile.IsOne(path))
        {
            return PcapFile.Read(path);
        }

        string name = Path.GetFileName(path);
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".AL" => [new AudioTrack(name, Codec.ALaw, 8_000, file)],
            ".UL" => [new AudioTrack(name, Codec.MuLaw, 8_000, file)],
            _ => WavFile.IsOne(file)
                ? WavFile.Read(name, file)
                : throw new UserException($"'{path}' is not audio that this program reads: a WAV file, raw A-law (.al), raw µ-law (.ul), or a capture (.pcap)."),
        };
    }

    // A stereo file is a call by itself. Mono files, and the streams of captures, make calls two by two; one that is left over, or alone, speaks to itself.
    private static List<(AudioTrack Caller, AudioTrack Callee)> Pair(IReadOnlyList<AudioTrack>[] files)
    {
        List<(AudioTrack, AudioTrack)> pairs = [.. files.Where(file => file.Count == 2).Select(file => (file[0], file[1]))];
        AudioTrack[] mono = [.. files.Where(file => file.Count != 2).SelectMany(file => file)];
        for (int i = 0; i < mono.Length; i += 2)
        {
            pairs.Add((mono[i], mono[Math.Min(i + 1, mono.Length - 1)]));
        }

        return pairs;
    }
}
