using System.Globalization;
using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// Names the polynomials that kept shares of Shamir's sharing lie on: those of one hand-out by an owner, or of one resharing of it. Shares of different epochs are shares of the
/// same values and yet do not belong together. Public.
/// </summary>
public sealed record ShareEpoch
{
    /// <summary>Names what an owner handed out.</summary>
    /// <param name="id">A fresh id, such as that of the session in which the owner handed the shares out.</param>
    /// <param name="parties">The number of parties, n.</param>
    /// <param name="threshold">The number of parties that together learn nothing, t.</param>
    /// <exception cref="ArgumentOutOfRangeException">Shamir's sharing has no such number of parties, or no such threshold for it.</exception>
    public ShareEpoch(SessionId id, int parties, int threshold)
        : this(id, 0, parties, threshold)
    {
    }

    private ShareEpoch(SessionId id, int generation, int parties, int threshold)
    {
        Id = id;
        Generation = generation;
        Parties = MpcProtocols.PartyCountOf(MpcProtocol.Shamir, parties);
        Threshold = MpcProtocols.ThresholdOf(MpcProtocol.Shamir, parties, threshold);
    }

    /// <summary>The id of the hand-out, or of the resharing's session.</summary>
    public SessionId Id { get; }

    /// <summary>How often the shares were reshared since an owner handed them out.</summary>
    public int Generation { get; }

    /// <summary>The number of parties.</summary>
    public int Parties { get; }

    /// <summary>The degree of the polynomials.</summary>
    public int Threshold { get; }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">Four fields between spaces.</param>
    /// <exception cref="FormatException">The text is no epoch.</exception>
    public static ShareEpoch Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] fields = text.Split(' ');
        Span<byte> id = stackalloc byte[SessionId.Size];
        try
        {
            if (fields.Length == 4
                && Convert.FromHexString(fields[0], id, out int read, out int written) == System.Buffers.OperationStatus.Done
                && read == fields[0].Length
                && written == id.Length
                && Number(fields[1], out int generation)
                && Number(fields[2], out int parties)
                && Number(fields[3], out int threshold))
            {
                return new ShareEpoch(SessionId.FromBytes(id), generation, parties, threshold);
            }
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw new FormatException($"Not the epoch of shares: {error.Message}", error);
        }

        throw new FormatException("Not the epoch of shares: an id of 32 hexadecimal digits, generation, parties and threshold are expected.");

        static bool Number(string field, out int number) => int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>
    /// The bytes of a kept share of a tensor: 16 an element, or 16 in all at the last <see cref="Threshold"/> parties, to whom an owner sends a seed. Of a resharing nobody has seeds.
    /// </summary>
    /// <param name="party">The party.</param>
    /// <param name="count">The number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party, or no element.</exception>
    public long ShareBytes(int party, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(party);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(party, Parties);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return IsKeptAsSeed(party) ? Sharing.ShareSeeds.ByteCount : (long)count * Mersenne127.ByteCount;
    }

    /// <summary>Id, generation, parties and threshold, in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id} {Generation} {Parties} {Threshold}");

    /// <summary>Whether a party keeps a seed in the place of its share.</summary>
    internal bool IsKeptAsSeed(int party) => Generation == 0 && Shamir.ShamirCodec.IsSeeded(party, Parties, Threshold);

    /// <summary>The epoch of what a resharing makes.</summary>
    internal ShareEpoch Next(SessionId resharing, int parties, int threshold) => new(resharing, Generation + 1, parties, threshold);
}
