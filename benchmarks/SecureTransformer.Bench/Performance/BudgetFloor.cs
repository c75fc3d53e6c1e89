namespace SecureTransformer.Bench;

/// <summary>
/// The seconds that an operation must take on a machine that runs all three parties, part by part. Parts that compute share the machine's cores, so they add up, and a message
/// is waited for by what depends on it, so rounds add up with them: the floor is the sum.
/// </summary>
/// <param name="Multiply">Products: for each that is asked for the parties compute five of matrices (docs/protocols/replicated.md), and six element by element.</param>
/// <param name="Randomness">AES: each byte that is sent is masked by a byte that two parties make.</param>
/// <param name="Passes">Results written once, and as much read, by three parties with two components of 8 bytes each.</param>
/// <param name="Channels">Bytes through channels.</param>
/// <param name="Rounds">Rounds.</param>
internal sealed record BudgetFloor(double Multiply, double Randomness, double Passes, double Channels, double Rounds)
{
    private const int MatrixProducts = 5;
    private const int Products = 3 * 2;
    private const int AesPerByte = 2;
    private const int BytesPerElement = 3 * 2 * sizeof(ulong);

    public double Seconds => Multiply + Randomness + Passes + Channels + Rounds;

    public static BudgetFloor Of(BudgetRow row, MeasuredRates rates, bool tls)
    {
        ChannelRate channel = tls ? rates.Tls : rates.Memory;
        double multiply = row.IsMatrix ? rates.Kernel.AllCores : rates.Products.AllCores;
        return new BudgetFloor(
            (double)(row.IsMatrix ? MatrixProducts : Products) * row.MultiplyAdds / multiply,
            (double)AesPerByte * row.Bytes / rates.Aes.AllCores,
            (double)BytesPerElement * row.Elements / rates.Copy.AllCores,
            row.Bytes / channel.BytesPerSecond,
            row.Rounds * channel.RoundSeconds);
    }

    public static BudgetFloor operator +(BudgetFloor x, BudgetFloor y) =>
        new(x.Multiply + y.Multiply, x.Randomness + y.Randomness, x.Passes + y.Passes, x.Channels + y.Channels, x.Rounds + y.Rounds);
}
