using System.Buffers;
using System.Text;
using System.Text.Json;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Writes an <see cref="AuditReport"/>, name by name: a renamed property must not rename what programs read.</summary>
internal static class AuditJson
{
    public static string Write(AuditReport report)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", report.IsWell);
            json.WriteString("begun", report.Begun);
            Seconds(json, "seconds", report.Elapsed);
            json.WriteString("archive", report.Archive);
            json.WriteString("region", report.Region);
            json.WriteNumber("registered", report.Registered);
            json.WriteNumber("listed", report.Listed);
            json.WriteNumber("notWell", report.NotWell);
            json.WriteStartObject("totals");
            foreach ((AuditVerdict verdict, long count) in report.Totals.OrderBy(total => total.Key))
            {
                json.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(verdict.ToString()), count);
            }

            json.WriteEndObject();
            Seconds(json, "worstExposureSeconds", report.WorstExposure);
            json.WriteString("mostExposed", report.MostExposed?.ToString());
            Texts(json, "archiveFindings", report.ArchiveFindings);
            json.WriteStartArray("findings");
            foreach (AuditedRecording recording in report.Findings)
            {
                Finding(json, recording);
            }

            json.WriteEndArray();
            if (report.Drill is { } drill)
            {
                Drill(json, drill);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Finding(Utf8JsonWriter json, AuditedRecording recording)
    {
        json.WriteStartObject();
        json.WriteString("coreId", recording.CoreId.ToString());
        json.WriteString("recordingId", recording.Header?.RecordingId.ToString());
        if (recording.Header is { } header)
        {
            json.WriteString("begun", header.Begun);
        }

        json.WriteString("verdict", JsonNamingPolicy.CamelCase.ConvertName(recording.Verdict.ToString()));
        json.WriteNumber("chunks", recording.Chunks);
        json.WriteNumber("signed", recording.Signed);
        Seconds(json, "exposureSeconds", recording.Exposure);
        Texts(json, "details", recording.Details);
        json.WriteEndObject();
    }

    private static void Drill(Utf8JsonWriter json, RestoreDrill drill)
    {
        json.WriteStartObject("drill");
        json.WriteNumber("tried", drill.Recordings.Count);
        json.WriteNumber("restored", drill.Restored);
        json.WriteNumber("pickedFrom", drill.PickedFrom);
        Seconds(json, "rtoFirstAudioSeconds", drill.FirstAudio);
        Seconds(json, "rtoSampleSeconds", drill.Elapsed);
        Seconds(json, "rpoSeconds", drill.Rpo);
        json.WriteStartArray("recordings");
        foreach (RestoredRecording recording in drill.Recordings)
        {
            json.WriteStartObject();
            json.WriteString("coreId", recording.CoreId.ToString());
            json.WriteString("recordingId", recording.RecordingId.ToString());
            json.WriteString("begun", recording.Begun);
            json.WriteBoolean("restored", recording.IsRestored);
            json.WriteNumber("chunks", recording.Chunks);
            Seconds(json, "firstAudioSeconds", recording.FirstAudio);
            Seconds(json, "seconds", recording.Elapsed);
            if (recording.NewestAudio is { } newest)
            {
                json.WriteString("newestAudio", newest);
            }

            Seconds(json, "rpoSeconds", recording.Rpo);
            json.WriteString("finding", recording.Finding);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void Seconds(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } span)
        {
            json.WriteNumber(name, Math.Round(span.TotalSeconds, 6));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
