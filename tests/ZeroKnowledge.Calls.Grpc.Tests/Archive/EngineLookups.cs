using System.Diagnostics.Metrics;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>Writes down what one archive's engine is asked for, in order.</summary>
internal sealed class EngineLookups : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<string> _seen = [];

    public EngineLookups(string data)
    {
        string folder = Path.Combine(data, "engine");
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "archive.engine.lookups" && instrument.Meter.Tags?.Any(tag => tag.Value is string value && value == folder) == true)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (_seen)
            {
                _seen.Add(string.Join(' ', tags.ToArray().Select(tag => tag.Value)));
            }
        });
        _listener.Start();
    }

    /// <summary>What was asked for since it was taken last.</summary>
    public string Take()
    {
        lock (_seen)
        {
            string all = string.Join(", ", _seen);
            _seen.Clear();
            return all;
        }
    }

    public void Dispose() => _listener.Dispose();
}
