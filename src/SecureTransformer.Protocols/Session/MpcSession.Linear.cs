namespace SecureTransformer.Protocols;

/// <content>Linear operations: local in every protocol.</content>
public abstract partial class MpcSession
{
    /// <summary>x + y, element by element. <paramref name="y"/> is broadcast to the shape of <paramref name="x"/>.</summary>
    /// <exception cref="ArgumentException">The shapes do not match, or the numbers of fractional bits differ.</exception>
    public SecretTensor Add(SecretTensor x, SecretTensor y) => Combine(x, y, AddCore);

    /// <summary>x - y, element by element. <paramref name="y"/> is broadcast to the shape of <paramref name="x"/>.</summary>
    /// <exception cref="ArgumentException">The shapes do not match, or the numbers of fractional bits differ.</exception>
    public SecretTensor Subtract(SecretTensor x, SecretTensor y) => Combine(x, y, SubtractCore);

    /// <summary>-x.</summary>
    public SecretTensor Negate(SecretTensor x) => MultiplyInteger(x, -1);

    /// <summary>x plus a public constant, rounded to the tensor's fractional bits.</summary>
    /// <exception cref="OverflowException">The constant is outside the range of the encoding.</exception>
    public SecretTensor AddPublic(SecretTensor x, double constant)
    {
        Require(x);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        AddPublicCore(x, [constant], result);
        return result;
    }

    /// <summary>x plus public constants, one for each position of the innermost axes, repeated over the others.</summary>
    /// <exception cref="ArgumentException">The number of constants does not divide the tensor into whole rows.</exception>
    /// <exception cref="OverflowException">A constant is outside the range of the encoding.</exception>
    public SecretTensor AddPublic(SecretTensor x, ReadOnlySpan<double> constants)
    {
        Require(x);
        RequireRows(x, constants.Length);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        AddPublicCore(x, constants, result);
        return result;
    }

    /// <summary>A public constant as a secret tensor.</summary>
    public SecretTensor Constant(TensorShape shape, double value, int? fractionalBits = null)
    {
        SecretTensor result = Allocate(shape, fractionalBits ?? FractionalBits);
        AddPublicCore(result, [value], result);
        return result;
    }

    /// <summary>x times a public integer. No fractional bits are added.</summary>
    public SecretTensor MultiplyInteger(SecretTensor x, long factor)
    {
        Require(x);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        MultiplyIntegerCore(x, [factor], result);
        return result;
    }

    /// <summary>x times public integers, one for each position of the innermost axes, repeated over the others: a public mask, for example.</summary>
    /// <exception cref="ArgumentException">The number of factors does not divide the tensor into whole rows.</exception>
    public SecretTensor MultiplyInteger(SecretTensor x, ReadOnlySpan<long> factors)
    {
        Require(x);
        RequireRows(x, factors.Length);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        MultiplyIntegerCore(x, factors, result);
        return result;
    }

    /// <summary>
    /// x times a public fixed-point constant, without truncation: the result has <paramref name="factorBits"/> more fractional bits.
    /// Follow it by a sum and one truncation.
    /// </summary>
    /// <exception cref="OverflowException">The constant is outside the range of the encoding.</exception>
    public SecretTensor MultiplyPublic(SecretTensor x, double factor, int factorBits)
    {
        Require(x);
        ArgumentOutOfRangeException.ThrowIfNegative(factorBits);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits + factorBits);
        MultiplyPublicCore(x, [factor], factorBits, result);
        return result;
    }

    /// <summary>x times public fixed-point constants, one for each position of the innermost axes, repeated over the others; untruncated as with one constant.</summary>
    /// <exception cref="ArgumentException">The number of factors does not divide the tensor into whole rows.</exception>
    /// <exception cref="OverflowException">A constant is outside the range of the encoding.</exception>
    public SecretTensor MultiplyPublic(SecretTensor x, ReadOnlySpan<double> factors, int factorBits)
    {
        Require(x);
        RequireRows(x, factors.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(factorBits);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits + factorBits);
        MultiplyPublicCore(x, factors, factorBits, result);
        return result;
    }

    /// <summary>x times 2^<paramref name="exponent"/>, by renaming the fractional bits; shares the memory of <paramref name="x"/> and costs nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The result would have a negative number of fractional bits, or more than 62.</exception>
    public SecretTensor MultiplyPowerOfTwo(SecretTensor x, int exponent)
    {
        Require(x);
        int fractionalBits = x.FractionalBits - exponent;
        if (fractionalBits is < 0 or > 62)
        {
            throw new ArgumentOutOfRangeException(nameof(exponent), exponent, $"The result would have {fractionalBits} fractional bits.");
        }

        return MultiplyPowerOfTwoCore(x, exponent);
    }

    /// <summary>The sums along the last axis, which stays with extent 1.</summary>
    public SecretTensor Sum(SecretTensor x)
    {
        Require(x);
        SecretTensor result = Allocate(x.Shape.With(-1, 1), x.FractionalBits);
        SumCore(x, result);
        return result;
    }

    /// <summary>x XOR y on bits of the same shape.</summary>
    public SecretBits Xor(SecretBits x, SecretBits y)
    {
        RequireSameShape(x, y);
        SecretBits result = AllocateBits(x.Shape);
        XorCore(x, y, result);
        return result;
    }

    /// <summary>NOT x.</summary>
    public SecretBits Not(SecretBits x)
    {
        Require(x);
        SecretBits result = AllocateBits(x.Shape);
        NotCore(x, result);
        return result;
    }

    /// <summary>result = x + y; equal shapes.</summary>
    protected abstract void AddCore(SecretTensor x, SecretTensor y, SecretTensor result);

    /// <summary>result = x - y; equal shapes.</summary>
    protected abstract void SubtractCore(SecretTensor x, SecretTensor y, SecretTensor result);

    /// <summary>result = x + constants, cycling through the constants; result may be x.</summary>
    protected abstract void AddPublicCore(SecretTensor x, ReadOnlySpan<double> constants, SecretTensor result);

    /// <summary>result = x times factors, cycling through the factors.</summary>
    protected abstract void MultiplyIntegerCore(SecretTensor x, ReadOnlySpan<long> factors, SecretTensor result);

    /// <summary>result = x times factors rounded to <paramref name="factorBits"/> fractional bits, cycling through the factors, untruncated.</summary>
    protected abstract void MultiplyPublicCore(SecretTensor x, ReadOnlySpan<double> factors, int factorBits, SecretTensor result);

    /// <summary>x times 2^exponent by renaming the fractional bits.</summary>
    protected virtual SecretTensor MultiplyPowerOfTwoCore(SecretTensor x, int exponent) => View(x, x.Shape, 0, x.FractionalBits - exponent);

    /// <summary>result[r] = sum of row r of x.</summary>
    protected abstract void SumCore(SecretTensor x, SecretTensor result);

    /// <summary>result = x XOR y.</summary>
    protected abstract void XorCore(SecretBits x, SecretBits y, SecretBits result);

    /// <summary>result = NOT x.</summary>
    protected abstract void NotCore(SecretBits x, SecretBits result);

    private delegate void Binary(SecretTensor x, SecretTensor y, SecretTensor result);

    private SecretTensor Combine(SecretTensor x, SecretTensor y, Binary core)
    {
        Require(x);
        Require(y);
        RequireSameFractionalBits(x, y);
        SecretTensor? repeated = x.Shape == y.Shape ? null : BroadcastTo(y, x.Shape);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        core(x, repeated ?? y, result);
        repeated?.Dispose();
        return result;
    }

    private static void RequireRows(SecretTensor x, int length)
    {
        if (length == 0 || x.Shape.Count % length != 0)
        {
            throw new ArgumentException($"{length} public values do not repeat over the shape {x.Shape}.");
        }
    }

    private protected void RequireSameShape(Secret x, Secret y)
    {
        Require(x);
        Require(y);
        if (x.Shape != y.Shape)
        {
            throw new ArgumentException($"The shapes {x.Shape} and {y.Shape} differ.");
        }
    }
}
