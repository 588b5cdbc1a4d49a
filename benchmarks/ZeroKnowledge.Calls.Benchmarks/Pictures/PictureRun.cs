using System.Globalization;
using System.Text.Json;
using ScottPlot;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Draws what was measured.</summary>
internal static class PictureRun
{
    private const int Width = 900;
    private const int Height = 500;

    public static int Run(Arguments arguments)
    {
        string to = arguments.Text("--to", "docs/pictures");
        Results results = new(arguments.Text("--from", "benchmarks/results"));
        Directory.CreateDirectory(to);
        Cores(results).SavePng(Path.Combine(to, "cores.png"), Width, Height);
        Writes(results).SavePng(Path.Combine(to, "writes.png"), Width, Height);
        Acknowledged(results).SavePng(Path.Combine(to, "acknowledged.png"), Width, Height);
        Parts(results).SavePng(Path.Combine(to, "parts.png"), Width, Height);
        Flat(results).SavePng(Path.Combine(to, "flat.png"), Width, Height);
        return 0;
    }

    private static Plot Cores(Results results)
    {
        Plot plot = Begin("Calls against cores: one leg of G.711, 20 ms frames", "calls", "cores");
        foreach (string suite in (string[])["aes", "aegis"])
        {
            Line(plot, $"recorder alone, {suite}", results.Rows($"calls-{suite}-"), "calls", "cpuCores");
        }

        Line(plot, "end to end: recorder, spool, gRPC, archive", results.Rows("endtoend-"), "calls", "cpuCores");
        Line(plot, "of that, the archive", results.Rows("endtoend-"), "calls", "archiveCores");
        return FromZero(plot);
    }

    private static Plot Writes(Results results)
    {
        Plot plot = Begin("How long a write takes", "calls", "µs");
        IReadOnlyList<JsonElement> rows = results.Rows("calls-aes-");
        foreach ((string name, string field) in ((string, string)[])[("half of them", "writeP50Ns"), ("99 %", "writeP99Ns"), ("99.9 %", "writeP999Ns")])
        {
            Line(plot, name, rows, "calls", field, 1e-3);
        }

        return FromZero(plot);
    }

    private static Plot Acknowledged(Results results)
    {
        Plot plot = Begin("From the end of a tick until the archive has said that the chunk is durable", "calls", "ms");
        Line(plot, "half of the chunks", results.Rows("endtoend-"), "calls", "ackLagP50Ms");
        Line(plot, "99 %", results.Rows("endtoend-"), "calls", "ackLagP99Ms");
        return FromZero(plot);
    }

    private static Plot Parts(Results results)
    {
        Plot plot = Begin("A chunk: what cannot be saved, and what comes on top", "", "µs");
        IReadOnlyList<JsonElement> rows = results.Rows("gate");
        (string Name, Color Color, Func<JsonElement, double> Ns)[] parts =
        [
            ("AEAD", Colors.SteelBlue, row => Number(row, "rawAeadNs")),
            ("SHA-256", Colors.GoldenRod, row => Number(row, "rawSha256Ns")),
            ("frames, key step, nonce, tree, statement", Colors.IndianRed, row => Number(row, "pipelineNs") - Number(row, "rawAeadNs") - Number(row, "rawSha256Ns")),
        ];
        List<Bar> bars = [];
        for (int i = 0; i < rows.Count; i++)
        {
            double at = 0;
            foreach ((_, Color color, Func<JsonElement, double> ns) in parts)
            {
                double height = ns(rows[i]) / 1e3;
                bars.Add(new Bar { Position = i, ValueBase = at, Value = at + height, FillColor = color });
                at += height;
            }
        }

        plot.Add.Bars(bars);
        plot.Axes.Bottom.SetTicks(
            [.. Enumerable.Range(0, rows.Count).Select(i => (double)i)],
            [.. rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.GetProperty("suite").GetString()}, {Number(row, "chunkBytes") / 1_024:N0} KiB"))]);
        plot.Legend.ManualItems.AddRange(parts.Select(part => new LegendItem { LabelText = part.Name, FillColor = part.Color }));
        plot.ShowLegend(Alignment.UpperLeft);
        plot.Axes.SetLimitsY(0, 1.3 * Math.Max(1, bars.Select(bar => bar.Value).DefaultIfEmpty().Max()));
        return plot;
    }

    private static Plot Flat(Results results)
    {
        Plot plot = Begin("The cost of a chunk with few and with many calls", "calls", "µs");
        IReadOnlyList<JsonElement> rows = results.Rows("flat");
        double[] at = [.. rows.Select(row => Math.Log10(Number(row, "calls")))];
        plot.Add.Scatter(at, (double[])[.. rows.Select(row => Number(row, "chunkNs") / 1e3)]);
        plot.Axes.Bottom.SetTicks(at, [.. rows.Select(row => Number(row, "calls").ToString("N0", CultureInfo.InvariantCulture))]);
        plot.Axes.SetLimitsY(0, 1.5 * rows.Select(row => Number(row, "chunkNs") / 1e3).DefaultIfEmpty(1).Max());
        return plot;
    }

    private static Plot Begin(string title, string across, string up)
    {
        Plot plot = new();
        plot.Title(title);
        plot.XLabel(across);
        plot.YLabel(up);
        return plot;
    }

    private static void Line(Plot plot, string name, IReadOnlyList<JsonElement> rows, string across, string up, double scale = 1)
    {
        if (rows.Count == 0)
        {
            return;
        }

        JsonElement[] ordered = [.. rows.OrderBy(row => Number(row, across))];
        plot.Add.Scatter((double[])[.. ordered.Select(row => Number(row, across))], (double[])[.. ordered.Select(row => Number(row, up) * scale)]).LegendText = name;
    }

    private static Plot FromZero(Plot plot)
    {
        plot.ShowLegend(Alignment.UpperLeft);
        plot.Axes.AutoScale();
        plot.Axes.SetLimits(left: 0, bottom: 0);
        return plot;
    }

    private static double Number(JsonElement row, string name) => row.GetProperty(name).GetDouble();
}
