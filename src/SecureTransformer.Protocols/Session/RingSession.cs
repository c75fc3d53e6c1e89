using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols;

/// <summary>A session whose shares are linear over Z_2^64 (for bits: over Z_2), component by component: what is local is done here.</summary>
public abstract class RingSession : MpcSession
{
    /// <inheritdoc/>
    protected RingSession(int partyId, int partyCount, SessionOptions options, MpcSession? parent = null)
        : base(partyId, partyCount, options, parent)
    {
    }

    /// <summary>The component to which this party adds public constants; -1 where it adds them to none.</summary>
    protected abstract int ConstantComponent { get; }

    /// <inheritdoc/>
    protected override void AddCore(SecretTensor x, SecretTensor y, SecretTensor result)
    {
        for (int c = 0; c < Components; c++)
        {
            RingKernels.Add<ulong>(Shares(x, c), Shares(y, c), Shares(result, c));
        }
    }

    /// <inheritdoc/>
    protected override void SubtractCore(SecretTensor x, SecretTensor y, SecretTensor result)
    {
        for (int c = 0; c < Components; c++)
        {
            RingKernels.Subtract<ulong>(Shares(x, c), Shares(y, c), Shares(result, c));
        }
    }

    /// <inheritdoc/>
    protected override void AddPublicCore(SecretTensor x, ReadOnlySpan<double> constants, SecretTensor result)
    {
        ArgumentNullException.ThrowIfNull(result);
        for (int c = 0; c < Components; c++)
        {
            Span<ulong> target = Shares(result, c);
            if (c != ConstantComponent)
            {
                Shares(x, c).CopyTo(target);
                continue;
            }

            if (constants.Length == 1)
            {
                RingKernels.AddScalar(Shares(x, c), FixedPointFormat.Encode(constants[0], result.FractionalBits, "constant"), target);
                continue;
            }

            using SecretBuffer encoded = Pool.Rent(constants.Length);
            FixedPointFormat.Encode(constants, encoded.Span, result.FractionalBits, "constants");
            RingKernels.AddRow(Shares(x, c), encoded.Span, target.Length / constants.Length, constants.Length, target);
        }
    }

    /// <inheritdoc/>
    protected override void MultiplyIntegerCore(SecretTensor x, ReadOnlySpan<long> factors, SecretTensor result)
    {
        for (int c = 0; c < Components; c++)
        {
            ReadOnlySpan<ulong> source = Shares(x, c);
            Span<ulong> target = Shares(result, c);
            if (factors.Length == 1)
            {
                RingKernels.MultiplyScalar(source, unchecked((ulong)factors[0]), target);
            }
            else
            {
                ReadOnlySpan<ulong> row = System.Runtime.InteropServices.MemoryMarshal.Cast<long, ulong>(factors);
                RingKernels.MultiplyRow(source, row, target.Length / row.Length, row.Length, target);
            }
        }
    }

    /// <inheritdoc/>
    protected override void MultiplyPublicCore(SecretTensor x, ReadOnlySpan<double> factors, int factorBits, SecretTensor result)
    {
        using SecretBuffer encoded = Pool.Rent(factors.Length);
        FixedPointFormat.Encode(factors, encoded.Span, factorBits, "factors");
        for (int c = 0; c < Components; c++)
        {
            Span<ulong> target = Shares(result, c);
            if (factors.Length == 1)
            {
                RingKernels.MultiplyScalar(Shares(x, c), encoded.Span[0], target);
            }
            else
            {
                RingKernels.MultiplyRow(Shares(x, c), encoded.Span, target.Length / factors.Length, factors.Length, target);
            }
        }
    }

    /// <inheritdoc/>
    protected override void SumCore(SecretTensor x, SecretTensor result)
    {
        ArgumentNullException.ThrowIfNull(x);
        for (int c = 0; c < Components; c++)
        {
            RingKernels.RowSums(Shares(x, c), x.Shape.Rows, x.Shape[-1], Shares(result, c));
        }
    }

    /// <inheritdoc/>
    protected override void XorCore(SecretBits x, SecretBits y, SecretBits result)
    {
        for (int c = 0; c < Components; c++)
        {
            RingKernels.Xor<ulong>(Shares(x, c), Shares(y, c), Shares(result, c));
        }
    }

    /// <inheritdoc/>
    protected override void NotCore(SecretBits x, SecretBits result)
    {
        for (int c = 0; c < Components; c++)
        {
            if (c == ConstantComponent)
            {
                RingKernels.Not<ulong>(Shares(x, c), Shares(result, c));
            }
            else
            {
                Shares(x, c).CopyTo(Shares(result, c));
            }
        }
    }
}
