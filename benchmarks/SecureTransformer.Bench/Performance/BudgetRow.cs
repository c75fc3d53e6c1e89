namespace SecureTransformer.Bench;

/// <summary>An operation of a forward pass: what it must cost, and what it took.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="MultiplyAdds">Products of ring elements that it asks for, summed or not: M K N of a product of matrices.</param>
/// <param name="IsMatrix">Whether they are products of matrices.</param>
/// <param name="Elements">Result elements of its steps, all together.</param>
/// <param name="Bytes">Payload bytes between the parties.</param>
/// <param name="Rounds">How far the longest chain of messages grows.</param>
/// <param name="Seconds">Measured.</param>
internal sealed record BudgetRow(string Operation, long MultiplyAdds, bool IsMatrix, long Elements, long Bytes, int Rounds, double Seconds)
{
    public BudgetFloor FloorOn(MeasuredRates rates, bool tls) => BudgetFloor.Of(this, rates, tls);
}
