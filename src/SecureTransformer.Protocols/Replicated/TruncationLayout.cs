namespace SecureTransformer.Protocols.Replicated;

/// <summary>What the public arguments of a truncation determine: what is shifted by how much, and how many bytes an element of each message and mask has.</summary>
/// <remarks>A value known modulo 2^R is worked on as z 2^(64-R) in Z_2^64: all that is opened is a multiple of 2^(64-R), and only its R high bits are sent.</remarks>
internal readonly struct TruncationLayout
{
    public TruncationLayout(int shift, int ringBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shift);
        if (ringBits is < 24 or > 64 || ringBits % 8 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(ringBits), ringBits, "The bits of the ring are not a multiple of 8 from 24 to 64.");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(shift, ringBits - 2);
        Up = 64 - ringBits;
        Shift = shift + Up;
        OpenedBytes = ringBits / 8;
        BitBytes = (Shift + 8) / 8;
    }

    /// <summary>By how much z is shifted to the left.</summary>
    public int Up { get; }

    /// <summary>By how much the shifted value is shifted to the right, 1 to 62; 0 where nothing is to be done.</summary>
    public int Shift { get; }

    /// <summary>The bytes of an element that is opened, and of its masks.</summary>
    public int OpenedBytes { get; }

    /// <summary>The bytes of a share of the top bit of r, and of its masks: only its low <see cref="Shift"/> + 1 bits matter.</summary>
    public int BitBytes { get; }

    /// <summary>The bytes of an element of party 2's correction.</summary>
    public int CorrectionBytes => sizeof(ulong) + BitBytes;
}
