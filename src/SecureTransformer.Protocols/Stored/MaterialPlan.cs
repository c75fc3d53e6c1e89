using System.Runtime.InteropServices;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// What correlated randomness one run of a program needs, operation by operation: public shapes and nothing else. A dry run (<see cref="EstimatingSession"/>) writes it before
/// anything runs, or a session under <see cref="SessionOptions.Plan"/> as it goes. By it a dealer deals ahead of time (<see cref="MaterialStore.WriteAsync"/>), or the parties of a protocol
/// without one make it (<see cref="MpcSession.PreprocessAsync"/>).
/// </summary>
public sealed class MaterialPlan
{
    private const int MaxBytes = 64 << 20;

    private readonly List<int[]> _requests = [];

    /// <summary>The number of operations that need material.</summary>
    public int Count => _requests.Count;

    /// <summary>The sessions whose matrices are multiplied with: that of the run, and those it stands under.</summary>
    internal int Levels { get; set; } = 1;

    /// <summary>What the operation at a place needs.</summary>
    internal IReadOnlyList<int> this[int at] => _requests[at];

    /// <summary>Whether it is longer than a store takes.</summary>
    internal bool IsTooLong => sizeof(int) * (1 + _requests.Sum(request => 1L + request.Length)) > MaxBytes;

    internal void Add(int[] request) => _requests.Add(request);

    /// <summary>The levels, and each request as its length and its words.</summary>
    internal byte[] ToBytes()
    {
        var words = new List<int> { Levels };
        foreach (int[] request in _requests)
        {
            words.Add(request.Length);
            words.AddRange(request);
        }

        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(words)).ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no plan.</exception>
    internal static MaterialPlan Parse(ReadOnlySpan<byte> bytes, string source)
    {
        if (bytes.Length < sizeof(int) || bytes.Length > MaxBytes || bytes.Length % sizeof(int) != 0)
        {
            throw new InvalidDataException($"{source}: a plan has {bytes.Length} bytes.");
        }

        ReadOnlySpan<int> words = MemoryMarshal.Cast<byte, int>(bytes);
        var plan = new MaterialPlan { Levels = words[0] };
        words = words[1..];
        while (!words.IsEmpty)
        {
            int length = words[0];
            if (length < 1 || length > words.Length - 1 || length > Material.MaxRequest / sizeof(int))
            {
                throw new InvalidDataException($"{source}: operation {plan.Count} of the plan is damaged.");
            }

            plan._requests.Add(words.Slice(1, length).ToArray());
            words = words[(length + 1)..];
        }

        return plan;
    }

    /// <summary>The material of an operation, checked as a dealer checks what it is asked for.</summary>
    /// <exception cref="ProtocolException">It makes no sense.</exception>
    internal Material Parse(int at) =>
        Material.Parse(MemoryMarshal.AsBytes(_requests[at].AsSpan())) ?? throw new ProtocolException("A plan ends before its last operation.");
}
