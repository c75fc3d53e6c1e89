using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Numerics;

/// <summary>The axioms of a finite field, beyond those of a ring.</summary>
public abstract class FieldLaws<T> : RingLaws<T>
    where T : struct, IField<T>
{
    [Fact]
    public void Every_element_but_zero_has_an_inverse() => Prop.ForAll<ulong>(seed =>
    {
        T x = T.FromUInt64(seed);
        return x == T.Zero || x * T.Inverse(x) == T.One;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Zero_has_no_inverse() => Assert.Throws<DivideByZeroException>(() => T.Inverse(T.Zero));
}

public sealed class SmallFieldLaws : FieldLaws<SmallField>
{
    protected override BigInteger Modulus => SmallField.Modulus;
}

/// <summary>The field of 251 elements: the least that exercises the contract.</summary>
public readonly struct SmallField(ulong value) : IField<SmallField>
{
    public const uint Modulus = 251;

    private readonly byte _value = (byte)(value % Modulus);

    public static SmallField Zero => default;

    public static SmallField One => new(1);

    public static int ByteCount => 1;

    public static SmallField FromInt64(long value) => value < 0 ? -new SmallField(0 - unchecked((ulong)value)) : new((ulong)value);

    public static SmallField FromUInt64(ulong value) => new(value);

    public static void Sample(AesCtrPrg prg, Span<SmallField> destination)
    {
        ArgumentNullException.ThrowIfNull(prg);
        Span<byte> block = stackalloc byte[AesCtrPrg.BlockByteCount];
        for (int i = 0; i < destination.Length;)
        {
            prg.Fill(block);
            foreach (byte b in block)
            {
                if (b < Modulus && i < destination.Length)
                {
                    destination[i++] = new SmallField(b);
                }
            }
        }
    }

    public static SmallField Read(ReadOnlySpan<byte> source) =>
        source.Length < 1 || source[0] >= Modulus ? throw new ArgumentException("Not an element.", nameof(source)) : new(source[0]);

    public void Write(Span<byte> destination)
    {
        if (destination.Length < 1)
        {
            throw new ArgumentException("Too short.", nameof(destination));
        }

        destination[0] = _value;
    }

    public static SmallField Inverse(SmallField value)
    {
        if (value == Zero)
        {
            throw new DivideByZeroException();
        }

        SmallField result = One;
        for (int i = 0; i < Modulus - 2; i++)
        {
            result *= value;
        }

        return result;
    }

    public static SmallField operator +(SmallField left, SmallField right) => new((ulong)left._value + right._value);

    public static SmallField operator -(SmallField left, SmallField right) => left + -right;

    public static SmallField operator -(SmallField value) => new(Modulus - value._value);

    public static SmallField operator *(SmallField left, SmallField right) => new((ulong)left._value * right._value);

    public static bool operator ==(SmallField left, SmallField right) => left._value == right._value;

    public static bool operator !=(SmallField left, SmallField right) => left._value != right._value;

    public bool Equals(SmallField other) => this == other;

    public override bool Equals(object? obj) => obj is SmallField other && this == other;

    public override int GetHashCode() => _value;
}
