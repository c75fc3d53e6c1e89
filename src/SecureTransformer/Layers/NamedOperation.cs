using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>Names for the products of a layer, which profiles would else show as one.</summary>
internal static class NamedOperation
{
    /// <summary>Runs an operation under a public name; its result is the caller's.</summary>
    public static async ValueTask<SecretTensor> RunAsync(MpcSession session, string name, Func<ValueTask<SecretTensor>> operation)
    {
        using SessionScope scope = session.BeginOperation(name);
        return scope.Keep(await operation().ConfigureAwait(false));
    }
}
