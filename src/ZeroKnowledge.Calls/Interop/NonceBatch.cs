using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Interop;

/// <summary>
/// Randomness for the nonces of the chunks that are encrypted in one go: one call of the system for up to 64 of them. It is fetched when the first one is
/// needed, never ahead, and wiped at the end; each nonce gets the clock at its own moment. Used by one thread.
/// </summary>
internal sealed class NonceBatch
{
    /// <summary>Nonces of one call, at most (docs/FORMAT.md, section 3).</summary>
    public const int Most = 64;

    private const int LargestNonce = 32;

    private readonly byte[] _random = new byte[Most * LargestNonce];
    private int _at;
    private int _end;
    private int _expected;

    /// <summary>So many nonces may be wanted before <see cref="End"/>.</summary>
    public void Begin(int expected) => _expected = expected;

    /// <summary>As <see cref="SystemRandom.FillNonce"/>.</summary>
    public void Fill(Span<byte> nonce)
    {
        if (_end - _at < nonce.Length)
        {
            _at = 0;
            _end = Math.Clamp(_expected, 1, Most) * nonce.Length;
            SystemRandom.Fill(_random.AsSpan(0, _end));
        }

        Span<byte> random = _random.AsSpan(_at, nonce.Length);
        random.CopyTo(nonce);
        random.Clear();
        SystemRandom.MixClock(nonce);
        _at += nonce.Length;
        _expected--;
    }

    public void End()
    {
        CryptographicOperations.ZeroMemory(_random.AsSpan(0, _end));
        _at = _end = _expected = 0;
    }
}
