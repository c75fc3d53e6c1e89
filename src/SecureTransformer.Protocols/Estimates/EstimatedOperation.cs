namespace SecureTransformer.Protocols.Estimates;

/// <summary>An amount of local work of one kind.</summary>
internal readonly record struct Work(WorkKind Kind, double Amount);

/// <summary>One operation of a dry run.</summary>
/// <param name="scope">The scope it ran in; "" outside named scopes.</param>
/// <param name="cost">What it costs by itself.</param>
/// <param name="messages">Who sends what.</param>
/// <param name="work">What each party computes.</param>
internal sealed class EstimatedOperation(string scope, OperationCost cost, OperationMessages messages, Work[] work)
{
    public string Scope { get; } = scope;

    public OperationCost Cost { get; } = cost;

    public OperationMessages Messages { get; } = messages;

    public Work[] Work { get; } = work;
}
