using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>
/// Is shown named intermediate tensors of a forward pass, such as "encoder.layer.0/attention/probabilities", for tests and diagnosis.
/// The tensor lives only until the call completes, and stays secret unless the observer reveals it; all parties observe alike.
/// </summary>
public delegate ValueTask TensorObserver(string name, SecretTensor tensor);

internal static class TensorObservation
{
    /// <summary>Shows a tensor under the name of the session's scope and its own.</summary>
    public static ValueTask ShowAsync(this TensorObserver? observe, MpcSession session, string name, SecretTensor tensor) =>
        observe is null ? ValueTask.CompletedTask : observe(session.ScopeName is { } scope ? $"{scope}/{name}" : name, tensor);
}
