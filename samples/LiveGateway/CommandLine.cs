using System.CommandLine;
using ZeroKnowledge.Calls;

namespace LiveGateway;

/// <summary>The options, and the exit codes: 0 all held, 1 something did not, 2 bad input, 130 stopped.</summary>
internal static class CommandLine
{
    private const int DoesNotHold = 1;
    private const int BadInput = 2;
    private const int Stopped = 130;
    private const int MaxCalls = 1_000;
    private const int MaxSeconds = 3_600;
    private const int MaxSpeed = 50;

    private static readonly Option<int> Calls = new("--calls")
    {
        Description = $"Concurrent calls, 1 to {MaxCalls}.", HelpName = "N", DefaultValueFactory = _ => 8,
    };

    private static readonly Option<int> Seconds = new("--seconds")
    {
        Description = $"Seconds of audio in each call, 1 to {MaxSeconds}.", HelpName = "S", DefaultValueFactory = _ => 10,
    };

    private static readonly Option<double> Speed = new("--speed")
    {
        Description = $"How many times faster than life, 1 to {MaxSpeed}.", HelpName = "X", DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string> Suites = new("--suite")
    {
        Description = "The cipher of the recordings: aes (AES-256-GCM) or aegis (AEGIS-256).", HelpName = "aes|aegis", DefaultValueFactory = _ => "aes",
    };

    private static readonly Option<string?> Input = new("--input")
    {
        Description = "Audio to record: a WAV (16-bit or G.711), raw A-law (.al) or µ-law (.ul) file, the G.711 streams of a capture (.pcap), or a folder of them. Default: speech that comes with the program.",
        HelpName = "FILE|DIR",
    };

    private static readonly Option<string?> Archive = new("--archive")
    {
        Description = "An archive that runs elsewhere. It must trust the gateway key in the --data folder. Default: one is started.", HelpName = "URL",
    };

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "Where the archive, the register and the wire capture are kept. Default: a temporary folder, removed at the end.", HelpName = "DIR",
    };

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "An empty folder for WAVs, recordings, envelopes, identities, trust list and the frames that went in.", HelpName = "DIR",
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Prints one JSON object, and nothing else, on standard output: what was counted, among it archiveKills, gatewayKills and framesRecovered; ok says whether all of it holds.",
    };

    public static async Task<int> RunAsync(string[] args)
    {
        RootCommand root = new("Records calls, live and encrypted, into an archive that cannot read them; kills the archive and a gateway meanwhile; attacks what the archive holds; reads everything back.")
        {
            Calls, Seconds, Speed, Suites, Input, Archive, Data, Out, Json,
        };
        root.SetAction(RunAsync);
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(BadInput, parsed.Errors[0].Message);
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,

            // Time to stop the archive, which must not stay behind.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
        });
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            JobOptions options = Read(parsed);
            Screen screen = new(options.Json);
            RunResult result = await Job.RunAsync(options, screen, cancellationToken);
            if (options.Json)
            {
                await Console.Out.WriteLineAsync(result.ToJson());
            }

            return result.Ok ? 0 : DoesNotHold;
        }
        catch (UserException e)
        {
            return await FailAsync(BadInput, e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(Stopped, "Stopped.");
        }
        catch (Exception e) when (e is CallRecordingException or IOException or UnauthorizedAccessException)
        {
            return await FailAsync(DoesNotHold, $"The run failed: {e.Message}");
        }
    }

    private static async Task<int> FailAsync(int code, string message)
    {
        await Console.Error.WriteLineAsync(message.ReplaceLineEndings(" "));
        return code;
    }

    private static JobOptions Read(ParseResult parsed) => new()
    {
        Calls = Within("--calls", parsed.GetValue(Calls), MaxCalls),
        Seconds = Within("--seconds", parsed.GetValue(Seconds), MaxSeconds),
        Speed = Within("--speed", parsed.GetValue(Speed), MaxSpeed),
        Suite = parsed.GetValue(Suites) switch
        {
            "aes" => Suite.Aes256Gcm,
            "aegis" => Suite.Aegis256,
            { } other => throw new UserException($"--suite is aes or aegis, not '{other}'."),
            null => throw new UserException("--suite is aes or aegis."),
        },
        Input = parsed.GetValue(Input),
        Archive = parsed.GetValue(Archive) is { } url ? ReadUrl(url) : null,
        Data = parsed.GetValue(Data),
        Out = parsed.GetValue(Out),
        Json = parsed.GetValue(Json),
    };

    private static T Within<T>(string option, T value, int most)
        where T : System.Numerics.INumber<T> =>
        value >= T.One && value <= T.CreateChecked(most) ? value : throw new UserException($"{option} is 1 to {most}, not {value}.");

    private static Uri ReadUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? url
            : throw new UserException($"--archive '{text}' is not a URL such as https://archive.example:5001.");
}
