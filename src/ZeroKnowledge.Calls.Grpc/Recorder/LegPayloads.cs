namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Writes sequences of payloads to a call.</summary>
public static class LegPayloads
{
    /// <summary>Writes payloads that come one after the other, each a frame as the codec made it: for codecs without RTP, of any rate. Sequence and timestamp are counted.</summary>
    /// <param name="call">The call; it is not ended.</param>
    /// <param name="leg">The number of the leg, from 0.</param>
    /// <param name="payloadType">A payload type, 0 to 127, as the leg's format declares it.</param>
    /// <param name="frameSamples">How far the timestamp goes with each frame, in units of the payload type's clock rate: 960 for 20 ms of Opus.</param>
    /// <param name="payloads">0 to 8,192 bytes each, as they are spoken. They are copied.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>How many payloads are in the recording; of the others it has gaps.</returns>
    /// <exception cref="IOException">The call has ended.</exception>
    /// <exception cref="InvalidOperationException">The call has no such leg, or a payload is too long.</exception>
    public static async Task<long> WriteAllAsync(
        this CallWriter call, int leg, int payloadType, int frameSamples, IAsyncEnumerable<ReadOnlyMemory<byte>> payloads, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentOutOfRangeException.ThrowIfNegative(frameSamples);
        ArgumentNullException.ThrowIfNull(payloads);
        long accepted = 0;
        ushort sequence = 0;
        uint timestamp = 0;
        await foreach (ReadOnlyMemory<byte> payload in payloads.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            switch (call.WriteFrame(leg, payloadType, sequence, timestamp, payload.Span))
            {
                case WriteResult.Accepted:
                    accepted++;
                    break;
                case WriteResult.Ended:
                    throw new IOException("The call has ended: nothing more is recorded.");
                case WriteResult.Malformed:
                    throw new InvalidOperationException($"The call has no leg {leg}, or a payload of {payload.Length} bytes is over {Format.MaxFramePayload}.");
            }

            sequence = unchecked((ushort)(sequence + 1));
            timestamp = unchecked(timestamp + (uint)frameSamples);
        }

        return accepted;
    }
}
