namespace SecureTransformer.Generation;

/// <summary>Who chooses the next token.</summary>
public enum TokenSampling
{
    /// <summary>The client: it gets the logits of each new token, which over many requests tell of the model's weights.</summary>
    Client,

    /// <summary>The parties, on shares: the client gets the token alone, and nobody the logits.</summary>
    Private,
}
