namespace SecureTransformer.Protocols;

/// <summary>
/// How much memory a dealer's sessions may keep together for masks of matrices that are multiplied with again and again. What finds no room is made again for each product:
/// slower, and otherwise the same. Safe for several sessions at once.
/// </summary>
/// <param name="bytes">The bound, in bytes.</param>
public sealed class DealerMemory(long bytes)
{
    /// <summary>What a mask counts for at least, with what goes with it.</summary>
    private const long Least = 4096;

    private long _left = bytes;

    /// <summary>What is not taken, in bytes.</summary>
    public long Left => Interlocked.Read(ref _left);

    internal bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _left, -Math.Max(bytes, Least)) >= 0)
        {
            return true;
        }

        GiveBack(bytes);
        return false;
    }

    internal void GiveBack(long bytes) => Interlocked.Add(ref _left, Math.Max(bytes, Least));
}
