using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>
/// Slots for the secrets of running calls, in large slabs: one operating-system object for 256 calls, not four for each.
/// Thread-safe. A slot is wiped when it is returned.
/// </summary>
internal sealed class SecretSlabs : IDisposable
{
    public const int SlotsPerSlab = 256;

    private readonly Lock _gate = new();
    private readonly LockedMemory _locked;
    private readonly List<SecretBytes> _slabs = [];
    private readonly Stack<int> _free = new();
    private bool _disposed;

    public SecretSlabs(LockedMemory locked)
    {
        if (locked is not (LockedMemory.Preferred or LockedMemory.Required))
        {
            throw new ArgumentOutOfRangeException(nameof(locked), locked, "Choose Preferred or Required.");
        }

        _locked = locked;
    }

    /// <summary>For writers that are not part of a recorder. Never disposed.</summary>
    public static SecretSlabs Shared { get; } = new(LockedMemory.Preferred);

    /// <summary>Slabs that the system refused to lock: a metric, and one warning of the recorder.</summary>
    public int UnlockedSlabs { get; private set; }

    /// <exception cref="AdmissionException">Locked memory is required and the system gives no more.</exception>
    public SecretSlot Rent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_free.Count == 0)
            {
                Grow();
            }

            int number = _free.Pop();
            return new SecretSlot(this, number, _slabs[number / SlotsPerSlab]);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _slabs.ForEach(slab => slab.Dispose());
            _slabs.Clear();
            _free.Clear();
        }
    }

    internal static Span<byte> Slot(SecretBytes slab, int number) => slab.Span.Slice(number % SlotsPerSlab * SecretSlot.Size, SecretSlot.Size);

    internal void Return(int number)
    {
        lock (_gate)
        {
            // Disposal of the slabs has wiped the slot already.
            if (!_disposed)
            {
                CryptographicOperations.ZeroMemory(Slot(_slabs[number / SlotsPerSlab], number));
                _free.Push(number);
            }
        }
    }

    private void Grow()
    {
        SecretBytes slab = new(SecretSlot.Size * SlotsPerSlab);
        if (!slab.IsLocked)
        {
            if (_locked == LockedMemory.Required)
            {
                slab.Dispose();
                throw new AdmissionException(
                    $"The system locks no more memory after {_slabs.Count * SlotsPerSlab} calls, and LockedMemory is Required. Raise RLIMIT_MEMLOCK (ulimit -l).");
            }

            UnlockedSlabs++;
        }

        _slabs.Add(slab);
        for (int i = SlotsPerSlab - 1; i >= 0; i--)
        {
            _free.Push(((_slabs.Count - 1) * SlotsPerSlab) + i);
        }
    }
}
