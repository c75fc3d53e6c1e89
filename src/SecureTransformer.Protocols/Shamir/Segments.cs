namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// Elements that are made together but used apart: runs of so many, of which the numbers lie one after another, and the bits of each begin with a word of their own.
/// </summary>
internal sealed class Segments
{
    private readonly int[] _counts;

    public Segments(params int[] counts)
    {
        _counts = counts;
        foreach (int count in counts)
        {
            Elements = checked(Elements + count);
            Words += WordsOf(count);
        }
    }

    /// <summary>The elements of all.</summary>
    public int Elements { get; }

    /// <summary>The 64-bit words that hold one bit of each of them.</summary>
    public int Words { get; }

    /// <summary>The words that hold so many bits.</summary>
    public static int WordsOf(int count) => (int)((count + 63L) / 64);

    /// <summary>The same a number of times, one after another.</summary>
    public Segments Times(int times) => new([.. Enumerable.Repeat(_counts, times).SelectMany(counts => counts)]);

    /// <summary>Where each begins: its first element, its first word, and how many elements it has.</summary>
    public IEnumerable<(int Element, int Word, int Count)> Runs()
    {
        int element = 0;
        int word = 0;
        foreach (int count in _counts)
        {
            yield return (element, word, count);
            element += count;
            word += WordsOf(count);
        }
    }
}
