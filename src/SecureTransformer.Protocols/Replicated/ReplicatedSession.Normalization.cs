using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;

namespace SecureTransformer.Protocols;

/// <content>Normalisation from tables of the leading zeros s = 4d + r.</content>
public sealed partial class ReplicatedSession
{
    /// <inheritdoc/>
    /// <remarks>2^s = 2^(4d) 2^r and 2^(s / 2) = 2^(2d) 2^(r / 2), one product each and both at once; the parity is that of r. See <see cref="ReplicatedCosts.Normalize"/>.</remarks>
    protected override async ValueTask<NormalizingScale> NormalizeCoreAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        int powers = squareRoot ? 2 : 1;
        var rows = new TensorShape(powers, x.Shape.Count);
        SecretTensor high = Allocate(rows, 0);
        SecretTensor low = Allocate(rows, 0);
        var tables = new List<LeadingZeroTable>();
        var results = new List<SecretTensor>();
        for (int i = 0; i < powers; i++)
        {
            // Shifts of 4d and r, then of 2d and r / 2.
            Table(LeadingZeroTable.High(half: i == 1), Slice(high, 0, i, 1));
            Table(LeadingZeroTable.Low(half: i == 1), Slice(low, 0, i, 1));
        }

        SecretTensor? odd = squareRoot ? Table(LeadingZeroTable.Odd, Allocate(x.Shape, 0)) : null;
        SecretTensor nonZero = mayBeZero ? Table(LeadingZeroTable.NonZero, Allocate(x.Shape, 0)) : Constant(x.Shape, 1, 0);
        var circuit = new LeadingZeroCircuit(minimumBits, width, mayBeZero);
        await RunAsync(
            "leading zeros",
            async ct =>
            {
                await LeadingZerosAsync(x, circuit, tables, results, ct).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        SecretTensor scales = await MultiplyAsync(high, low, 0, cancellationToken).ConfigureAwait(false);
        return new NormalizingScale(Row(0), nonZero, squareRoot ? Row(1) : null, odd);

        SecretTensor Table(LeadingZeroTable table, SecretTensor result)
        {
            tables.Add(table);
            results.Add(result);
            return result;
        }

        SecretTensor Row(int i) => Reshape(Slice(scales, 0, i, 1), x.Shape);
    }
}
