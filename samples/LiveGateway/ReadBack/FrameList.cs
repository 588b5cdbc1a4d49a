using System.Text.Json;
using LiveGateway.Calls;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;

namespace LiveGateway.ReadBack;

/// <summary>Writes what another implementation needs to check itself: identities, trust list, and the frames that went in.</summary>
internal static class FrameList
{
    private static readonly JsonSerializerOptions Camel = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static async Task WriteAsync(Workspace workspace, Customer customer, IEnumerable<LiveCall> calls, CancellationToken cancellationToken)
    {
        string identities = Path.Combine(workspace.Out, "identities.txt");
        FileStreamOptions mine = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            mine.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (StreamWriter secret = new(identities, mine))
        {
            await secret.WriteAsync($"# active\n{customer.Active.ExportSecret()}\n# recovery\n{customer.Recovery.ExportSecret()}\n");
        }

        await File.WriteAllTextAsync(Path.Combine(workspace.Out, "trust.txt"), customer.Trust.ToString(), cancellationToken);
        foreach (LiveCall call in calls)
        {
            await using StreamWriter list = new(Path.Combine(workspace.Out, $"{call.Name}.frames.jsonl")) { NewLine = "\n" };
            foreach ((int leg, SentFrame frame) in call.Sent())
            {
                await list.WriteLineAsync(JsonSerializer.Serialize(Line.Of(leg, frame), Camel));
            }
        }
    }

    private sealed record Line(int Leg, string Kind, int PayloadType, int Sequence, uint Timestamp, string Payload)
    {
        public static Line Of(int leg, SentFrame frame) => new(
            leg, frame.Kind == FrameKind.Event ? "event" : "audio", frame.PayloadType, frame.Sequence, frame.Timestamp, Convert.ToHexStringLower(frame.Payload.Span));
    }
}
