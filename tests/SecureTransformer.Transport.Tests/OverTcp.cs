namespace SecureTransformer.Transport.Tests;

/// <summary>Tests over TCP run one after the other: they measure patience, and two cores are few.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OverTcp
{
    public const string Name = "TCP";
}
