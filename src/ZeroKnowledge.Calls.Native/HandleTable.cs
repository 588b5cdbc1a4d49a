namespace ZeroKnowledge.Calls.Native;

/// <summary>
/// Objects that C programs hold by number: kind 8 | generation 32 | slot 24. A slot's generation rises when its handle is closed, so a closed handle is known for
/// what it is, also when its slot serves another object. Looking up takes no lock and allocates nothing. Thread-safe.
/// </summary>
internal sealed class HandleTable<T>(byte kind)
    where T : class
{
    private const int PageSize = 1_024;
    private const int MaxPages = (1 << SlotBits) / PageSize;
    private const int SlotBits = 24;
    private const int KindShift = 56;

    private readonly Slot[]?[] _pages = new Slot[]?[MaxPages];
    private readonly Stack<int> _free = new();
    private readonly Lock _gate = new();
    private int _used;

    /// <returns>0 if there are as many as there can be.</returns>
    public ulong Add(T target)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out int index))
            {
                if (_used == MaxPages * PageSize)
                {
                    return 0;
                }

                index = _used++;
                if (_pages[index / PageSize] is null)
                {
                    Volatile.Write(ref _pages[index / PageSize], new Slot[PageSize]);
                }
            }

            ref Slot slot = ref _pages[index / PageSize]![index % PageSize];
            Volatile.Write(ref slot.Target, target);
            return (ulong)kind << KindShift | (ulong)slot.Generation << SlotBits | (uint)index;
        }
    }

    /// <summary>Null if the handle was closed, or never was one.</summary>
    public T? Find(ulong handle)
    {
        int index = (int)(handle & ((1 << SlotBits) - 1));
        if (handle >> KindShift != kind || Volatile.Read(ref _pages[index / PageSize]) is not { } page)
        {
            return null;
        }

        // The object first: whoever closes raises the generation before the slot gets another one.
        ref Slot slot = ref page[index % PageSize];
        T? target = Volatile.Read(ref slot.Target);
        return Volatile.Read(ref slot.Generation) == (uint)(handle >> SlotBits & uint.MaxValue) ? target : null;
    }

    /// <summary>Closes a handle.</summary>
    /// <returns>The object, for the one who closed it; null for everybody else.</returns>
    public T? Remove(ulong handle)
    {
        lock (_gate)
        {
            if (Find(handle) is not { } target)
            {
                return null;
            }

            int index = (int)(handle & ((1 << SlotBits) - 1));
            ref Slot slot = ref _pages[index / PageSize]![index % PageSize];
            Volatile.Write(ref slot.Generation, unchecked(slot.Generation + 1));
            Volatile.Write(ref slot.Target, null);
            _free.Push(index);
            return target;
        }
    }

    private struct Slot
    {
        public T? Target;
        public uint Generation;
    }
}
