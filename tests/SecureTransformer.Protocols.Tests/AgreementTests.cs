using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

public class AgreementTests
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    public async Task Equal_bytes_are_agreed_on(MpcProtocol protocol)
    {
        await using LocalParties parties = LocalParties.Create(protocol);
        await parties.RunAsync(async s =>
        {
            await s.AgreeAsync("turn", new byte[] { 1, 2, 3 });
            await s.AgreeAsync("turn", ReadOnlyMemory<byte>.Empty);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_party_with_other_bytes_is_named_and_ends_the_session(int odd)
    {
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        string[] messages = await parties.RunAsync(async s =>
        {
            ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(async () => await s.AgreeAsync("turn", new[] { (byte)(s.PartyId == odd ? 1 : 0) }));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await s.AgreeAsync("turn", ReadOnlyMemory<byte>.Empty));
            return error.Message;
        });
        Assert.Contains(messages, m => m.EndsWith("this party do not have the same turn.", StringComparison.Ordinal));
    }
}
