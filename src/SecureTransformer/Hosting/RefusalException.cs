namespace SecureTransformer.Hosting;

/// <summary>A request that this party does not serve; the message goes to the client.</summary>
internal sealed class RefusalException(string message) : Exception(message);
