namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Lets calls in as long as there is room for them, so that the running ones go on. Thread-safe.</summary>
internal sealed class Admission(int maxCalls, long memoryBytes)
{
    // Measured: 3.1 kB of objects a call, 1.3 kB of secrets (docs/PERFORMANCE.md).
    private const int StateBytes = 5 << 10;

    private long _memory;
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Counts a call in.</summary>
    /// <param name="chunk">Size of its stored chunks in bytes.</param>
    /// <returns>What it needs, in bytes, for <see cref="Dismiss"/>.</returns>
    /// <exception cref="AdmissionException">There is no room for it.</exception>
    public int Admit(int chunk)
    {
        // With its share of the spare buffers.
        int memory = chunk + (chunk / 16) + StateBytes;
        bool fits = Interlocked.Increment(ref _calls) <= maxCalls;
        if (Interlocked.Add(ref _memory, memory) <= memoryBytes && fits)
        {
            return memory;
        }

        Dismiss(memory);
        throw new AdmissionException(fits
            ? $"The calls need all of the {memoryBytes:N0} bytes of memory that they may have. Raise CallRecorderOptions.MemoryBytes, or use a second recorder."
            : $"The recorder is at its limit of {maxCalls} calls. Raise CallRecorderOptions.MaxCalls, or use a second recorder.");
    }

    public void Dismiss(int memory)
    {
        Interlocked.Add(ref _memory, -memory);
        Interlocked.Decrement(ref _calls);
    }
}
