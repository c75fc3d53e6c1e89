using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// t shares of anything are independent of the secret: whatever it is, the shares of every t parties are jointly uniform. Tested on the top bits of elements of F_p, and on whole
/// elements of GF(2^d).
/// </summary>
public class ShamirIndependenceTests
{
    private const int Count = 1 << 14;

    /// <summary>How a sharing comes about.</summary>
    public enum Way
    {
        Input,
        Client,
        ShuffledInput,
        Product,
        TruncatedProduct,

        /// <summary>The difference of what is exported and what is held: an extracted sharing of zero.</summary>
        Extraction,
        Bits,
        BitsAsNumbers,
    }

    public static TheoryData<int, int, Way> Ways
    {
        get
        {
            var cases = new TheoryData<int, int, Way>();
            foreach (Way way in Enum.GetValues<Way>())
            {
                cases.Add(3, 1, way);
                cases.Add(5, 2, way);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Shares_of_any_t_parties_are_jointly_uniform_for_every_secret(int n, int t, Way way)
    {
        foreach (double secret in new[] { 0, 1, -1000.5 })
        {
            int[][] parts = await PartsAsync(n, t, way, secret, 8 / t);
            int values = way == Way.Bits ? 1 << BinaryField.ForParties(n).Degree : 1 << (8 / t);
            foreach (int[] coalition in Subsets(n, t))
            {
                double chi = ChiSquare(parts, coalition, values, out double bound);
                Assert.True(chi < bound, $"{way} of {secret}: the shares of the parties {string.Join(", ", coalition)} have a chi-square of {chi:F0}, not below {bound:F0}.");
            }
        }
    }

    /// <summary>The test can tell: t + 1 shares determine the secret.</summary>
    [Theory]
    [InlineData(3, 1, Way.Input)]
    [InlineData(5, 2, Way.Input)]
    [InlineData(3, 1, Way.Product)]
    [InlineData(5, 2, Way.Extraction)]
    [InlineData(3, 1, Way.Bits)]
    [InlineData(5, 2, Way.Bits)]
    public async Task Shares_of_one_party_more_are_not(int n, int t, Way way)
    {
        int[][] parts = await PartsAsync(n, t, way, 0, 4);
        int values = way == Way.Bits ? 1 << BinaryField.ForParties(n).Degree : 16;
        Assert.True(ChiSquare(parts, [.. Enumerable.Range(0, t + 1)], values, out double bound) > bound);
    }

    /// <summary>A polynomial whose leading coefficient is never zero tells: that the secret is not what the polynomial of lower degree through t shares says.</summary>
    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    [InlineData(7, 3)]
    public async Task Leading_coefficients_of_shared_bits_are_zero_as_often_as_anything_else(int n, int t)
    {
        BinaryField field = BinaryField.ForParties(n);
        foreach (double secret in new[] { 0.0, -1 })
        {
            int[][] shares = await PartsAsync(n, t, Way.Bits, secret, 0);
            int[] cells = new int[field.Order];
            for (int i = 0; i < Count; i++)
            {
                int leading = 0;
                for (int party = 0; party <= t; party++)
                {
                    int below = 1;
                    for (int other = 0; other <= t; other++)
                    {
                        below = other == party ? below : field.Multiply(below, (party + 1) ^ (other + 1));
                    }

                    leading ^= field.Multiply(shares[party][i], field.Inverse(below));
                }

                cells[leading]++;
            }

            double expected = (double)Count / field.Order;
            Assert.InRange(cells[0], expected - (8 * Math.Sqrt(expected)), expected + (8 * Math.Sqrt(expected)));
            Assert.InRange(cells.Sum(c => (c - expected) * (c - expected) / expected), 0, Bound(field.Order - 1));
        }
    }

    /// <summary>Dealers draw t shares, not coefficients: where these are all the secret, the polynomial is constant and every other share is the secret as well.</summary>
    [Fact]
    public void A_dealer_can_deal_a_polynomial_of_lower_degree()
    {
        foreach ((int n, int t) in new[] { (3, 1), (5, 2), (7, 3), (16, 7) })
        {
            var numbers = new Committee(new PrimeLanes(), n, t);
            var bits = new Committee(BitLanes.For(n), n, t);
            for (int dealer = 0; dealer < n; dealer++)
            {
                for (int party = 0; party < n; party++)
                {
                    if (numbers.IsSeeded(dealer, party))
                    {
                        continue;
                    }

                    Mersenne127 sum = Mersenne127.Zero;
                    Array.ForEach(numbers.DealFactors(dealer, party), factor => sum += Mersenne127.FromUInt128(factor));
                    Assert.Equal(Mersenne127.One, sum);
                    Assert.Equal((UInt128)1, bits.DealFactors(dealer, party).Aggregate((a, b) => a ^ b));
                }
            }
        }
    }

    /// <summary>By party and element: the top bits of its share, or of packed bits the whole share.</summary>
    private static async Task<int[][]> PartsAsync(int n, int t, Way way, double secret, int topBits)
    {
        double[] values = new double[Count];
        Array.Fill(values, secret);
        await using var network = new InMemoryNetwork(n);
        Task<int[][]> parties = Task.WhenAll(Enumerable.Range(0, n).Select(party => Task.Run(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using ShamirSession session = await ShamirSession.OpenAsync(channels, new SessionOptions { Threshold = t });
            return await PartsOfAsync(session, client.Channel, way, values, topBits);
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        IChannel[] links2 = [.. Enumerable.Range(0, n).Select(party => links[party])];
        ShareCodec codec = ShareCodec.Create(MpcProtocol.Shamir, n, t);
        await codec.SendAsync(links2, values, 18, "secret");
        ulong[][] exported = [.. await Task.WhenAll(links2.Select(ReceiveAsync))];
        int[][] parts = await parties;
        if (way == Way.Extraction)
        {
            // What the parties hold came back in full words, see PartsOfAsync.
            for (int party = 0; party < n; party++)
            {
                Mersenne127[] sent = Mersenne127.AsElements(exported[party].AsSpan()).ToArray();
                Mersenne127[] held = Mersenne127.AsElements(System.Runtime.InteropServices.MemoryMarshal.Cast<int, ulong>(parts[party].AsSpan())).ToArray();
                parts[party] = [.. sent.Zip(held, (s, h) => Top(s - h, topBits))];
            }
        }

        return parts;

        static async Task<ulong[]> ReceiveAsync(IChannel channel)
        {
            using FrameBuffer frame = await channel.ReceiveAsync(Operations.Export, Count * Mersenne127.ByteCount);
            return frame.Words.ToArray();
        }
    }

    private static async Task<int[]> PartsOfAsync(ShamirSession s, IChannel client, Way way, double[] values, int topBits)
    {
        var shape = new TensorShape(Count);
        SecretTensor imported = await s.ImportAsync(client, shape);
        await s.ExportAsync(client, imported);
        if (way == Way.Extraction)
        {
            return System.Runtime.InteropServices.MemoryMarshal.Cast<ulong, int>(imported.Words(0)).ToArray();
        }

        if (way is Way.Bits or Way.BitsAsNumbers)
        {
            // Whether the secret is negative: for -1000.5 all ones, for 0 and 1 all zeros.
            SecretBits bits = await s.LessThanZeroAsync(imported, 32);
            return way == Way.Bits ? Elements(s.PartyCount, bits) : Tops(await s.ToArithmeticAsync(bits), topBits);
        }

        return Tops(
            way switch
            {
                Way.Input => await s.InputAsync(1, shape, values),
                Way.ShuffledInput => await s.InputShuffledAsync(1, shape, values),
                Way.Product => await s.MultiplyAsync(imported, imported, 36),
                Way.TruncatedProduct => await s.MultiplyAsync(imported, imported),
                _ => imported,
            },
            topBits);
    }

    private static int[] Tops(SecretTensor x, int bits) => Array.ConvertAll(Mersenne127.AsElements(x.Words(0)).ToArray(), share => Top(share, bits));

    private static int Top(Mersenne127 share, int bits) => (int)(share.ToUInt128() >> (127 - bits));

    private static int[] Elements(int parties, SecretBits bits)
    {
        int[] elements = new int[Count];
        for (int p = 0; p < BinaryField.ForParties(parties).Degree; p++)
        {
            Span<ulong> plane = bits.Words(p);
            for (int i = 0; i < Count; i++)
            {
                elements[i] |= (int)((plane[i / 64] >> (i % 64)) & 1) << p;
            }
        }

        return elements;
    }

    private static double ChiSquare(int[][] parts, int[] coalition, int values, out double bound)
    {
        int[] cells = new int[(int)Math.Pow(values, coalition.Length)];
        for (int i = 0; i < Count; i++)
        {
            cells[coalition.Aggregate(0, (cell, party) => (cell * values) + parts[party][i])]++;
        }

        bound = Bound(cells.Length - 1);
        double expected = (double)Count / cells.Length;
        return cells.Sum(c => (c - expected) * (c - expected) / expected);
    }

    /// <summary>What chi-square exceeds with probability 7e-13: 7.1 standard deviations after Wilson and Hilferty.</summary>
    private static double Bound(int degreesOfFreedom)
    {
        double v = 2.0 / (9 * degreesOfFreedom);
        return degreesOfFreedom * Math.Pow(1 - v + (7.1 * Math.Sqrt(v)), 3);
    }

    private static IEnumerable<int[]> Subsets(int of, int size, int from = 0) =>
        size == 0 ? [[]] : Enumerable.Range(from, of - from).SelectMany(i => Subsets(of, size - 1, i + 1).Select(rest => (int[])[i, .. rest]));
}
