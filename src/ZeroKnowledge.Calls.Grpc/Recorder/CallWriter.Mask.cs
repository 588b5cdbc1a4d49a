namespace ZeroKnowledge.Calls.Grpc;

// Masks: what is said on purpose is not recorded.
public sealed partial class CallWriter
{
    /// <summary>A mask is on, so that something is kept out of the recording. An armed one is not on before the first digit.</summary>
    public bool IsMasked => Mask is { IsMasking: true };

    internal CallMask? Mask => Volatile.Read(ref _mask);

    /// <summary>Keeps legs out of the recording from now on, as while a card number is said: audio and telephone events are dropped before they are buffered,
    /// and gaps of the same duration stand for them. A write that runs at this moment may still be recorded, one that begins afterwards is not. Lasts until
    /// <see cref="EndMask"/>, and <see cref="RecordingPolicy.MaxMask"/> at most. A further mask adds its legs, and begins the maximum anew; so does the first one to legs that wait for a digit (<see cref="ArmMask"/>). From any thread.</summary>
    /// <param name="reason"><see cref="GapReason.Masked"/>, or <see cref="GapReason.Paused"/> for a pause.</param>
    /// <param name="legs">Numbers of legs, 0 to 14; none (the default) for all legs, also those that join later.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leg number, or the reason is another one.</exception>
    public void BeginMask(GapReason reason, params ReadOnlySpan<int> legs) => TheMask().Begin(Legs(legs), Checked(reason));

    /// <summary>Arms a mask: the first digit (RFC 4733, events 0 to 15) on one of the legs begins it, and is itself kept out. Digits in the audio, without telephone events,
    /// are not noticed. <see cref="EndMask"/> takes it back. While a mask is on there is nothing to arm. From any thread.</summary>
    /// <param name="reason"><see cref="GapReason.Masked"/>, or <see cref="GapReason.Paused"/> for a pause.</param>
    /// <param name="legs">Numbers of legs, 0 to 14; none (the default) for all legs, also those that join later.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leg number, or the reason is another one.</exception>
    public void ArmMask(GapReason reason, params ReadOnlySpan<int> legs) => TheMask().Arm(Legs(legs), Checked(reason));

    /// <summary>Ends the mask on all legs; without one it does nothing. From any thread.</summary>
    public void EndMask() => Mask?.End();

    // Most calls never have one.
    private CallMask TheMask() => Mask ?? Interlocked.CompareExchange(ref _mask, new CallMask(_recorder, this), null) ?? _mask;

    private static GapReason Checked(GapReason reason) => reason is GapReason.Masked or GapReason.Paused
        ? reason
        : throw new ArgumentOutOfRangeException(nameof(reason), reason, $"A mask's reason is {nameof(GapReason.Masked)} or {nameof(GapReason.Paused)}.");

    private static int Legs(ReadOnlySpan<int> legs)
    {
        int set = legs.IsEmpty ? MaskWord.AllLegs : 0;
        foreach (int leg in legs)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(leg, nameof(legs));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leg, Format.MaxLegs, nameof(legs));
            set |= 1 << leg;
        }

        return set;
    }
}
