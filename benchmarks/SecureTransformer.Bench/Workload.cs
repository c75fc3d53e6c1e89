using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>A program on secrets whose inputs, shared by party 0, everybody may know for the sake of the measurement.</summary>
/// <param name="Inputs">Shapes of the inputs, and their values, which only party 0 makes.</param>
/// <param name="Prepare">Runs once, before anything is measured: packs weights, for example.</param>
/// <param name="Run">What is measured; its result, numbers or bits, is opened afterwards.</param>
internal sealed record Workload(
    IReadOnlyList<WorkloadInput> Inputs,
    Func<MpcSession, SecretTensor[], Task<object?>> Prepare,
    Func<MpcSession, SecretTensor[], object?, Task<Secret>> Run)
{
    /// <summary>What is compared with float64, where it is not the result: values of one more run, which is not measured.</summary>
    public Func<MpcSession, SecretTensor[], object?, Task<double[]>>? Check { get; init; }

    /// <summary>Whether it is compared at all.</summary>
    public bool IsCompared { get; init; } = true;

    /// <summary>Parts of the compared values whose errors are told apart, in order.</summary>
    public IReadOnlyList<(string Name, int Count)> Parts { get; init; } = [];

    public static Workload Of(Func<MpcSession, SecretTensor[], Task<Secret>> run, params WorkloadInput[] inputs) =>
        new(inputs, static (_, _) => Task.FromResult<object?>(null), (session, x, _) => run(session, x));
}

/// <summary>An input of a workload.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">Makes its values, the same each time.</param>
internal sealed record WorkloadInput(TensorShape Shape, Func<double[]> Values);
