using SecureTransformer.Layers;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Signs of life to a client after each layer: it must not take a long computation for a dead party.</summary>
internal static class ClientProgress
{
    /// <summary>An observer that signals after each part whose name, by itself, is this prefix and a number.</summary>
    public static TensorObserver Of(IChannel client, string layers) => (name, _) =>
    {
        if (name.AsSpan(name.LastIndexOf('/') + 1).StartsWith(layers, StringComparison.Ordinal))
        {
            ControlChannel.Signal(client, HostOperations.Progress);
        }

        return ValueTask.CompletedTask;
    };
}
