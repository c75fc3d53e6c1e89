using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What the parties open to each other though some lie or are silent.</summary>
public class RobustRevealTests
{
    private static readonly TransportOptions s_transport = new() { ReceiveTimeout = TimeSpan.FromSeconds(20) };

    [Theory]
    [InlineData(4, 1, 3)]
    [InlineData(4, 1, 0)]
    [InlineData(7, 2, 5)]
    [InlineData(5, 1, 2)]
    public async Task A_liar_is_named_by_all_others_and_the_values_are_right(int parties, int threshold, int liar)
    {
        var faults = new Dictionary<int, ChannelFaults> { [liar] = new ChannelFaults { Wrong = Opens, Equivocates = true } };
        foreach ((int party, Opened opened) in await RunAsync(parties, threshold, faults))
        {
            Assert.Equal(Expected, opened.Numbers);
            Assert.Equal(Expected.Select(value => value < 0), opened.Bits);
            Assert.Equal(party == liar ? [] : [new PartyFault(liar, PartyFaultKind.Wrong, $"party {liar} sent a wrong share")], opened.Faults);
        }
    }

    [Fact]
    public async Task A_liar_and_a_silent_party_of_seven_are_both_named()
    {
        var faults = new Dictionary<int, ChannelFaults>
        {
            [2] = new ChannelFaults { Wrong = Opens },
            [6] = new ChannelFaults { Silent = Opens },
        };
        foreach ((int party, Opened opened) in await RunAsync(7, 2, faults, numbersAlone: true))
        {
            Assert.Equal(Expected, opened.Numbers);
            if (party is not 2 and not 6)
            {
                Assert.Equal([(2, PartyFaultKind.Wrong), (6, PartyFaultKind.Silent)], opened.Faults.Select(fault => (fault.Party, fault.Kind)));
            }
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public async Task With_fewer_parties_a_wrong_share_ends_the_run(int parties, int threshold)
    {
        var faults = new Dictionary<int, ChannelFaults> { [1] = new ChannelFaults { Wrong = Opens } };
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => RunAsync(parties, threshold, faults));
        Assert.Contains("contradict each other", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(130)]
    [InlineData(70_000)]
    public async Task A_party_that_is_late_is_named_once_and_the_session_goes_on(int count)
    {
        Expected = Arithmetic.Values(9, count);
        var faults = new Dictionary<int, ChannelFaults> { [1] = new ChannelFaults { Late = Opens, Delay = TimeSpan.FromSeconds(1.5) } };
        foreach ((int party, Opened opened) in await RunAsync(4, 1, faults, goesOn: true))
        {
            Assert.Equal(Expected, opened.Numbers);
            Assert.Equal(party == 1 ? [] : [(1, PartyFaultKind.Silent)], opened.Faults.Select(fault => (fault.Party, fault.Kind)));
        }
    }

    private double[] Expected { get; set; } = Arithmetic.Values(9, 130);

    private static bool Opens(OutgoingFrame frame) => frame.Operation is Operations.Reveal or Operations.RevealBits;

    private async Task<(int Party, Opened Opened)[]> RunAsync(
        int parties, int threshold, Dictionary<int, ChannelFaults> faults, bool numbersAlone = false, bool goesOn = false)
    {
        await using var cluster = LocalParties.Create(
            parties,
            (channels, options, cancellationToken) => MpcProtocols.OpenSessionAsync(
                MpcProtocol.Shamir, faults.TryGetValue(channels.PartyId, out ChannelFaults? fault) ? fault.Attach(channels) : channels, options, null, cancellationToken),
            new SessionOptions { Threshold = threshold },
            s_transport);
        return await cluster.RunAsync(async session =>
        {
            SecretTensor x = await session.InputAsync(0, new TensorShape(Expected.Length), Expected);
            double[] numbers = await session.RevealAsync(x);
            bool[] bits = numbersAlone || goesOn ? [] : await session.RevealAsync(await session.LessThanZeroAsync(x, 32));
            if (goesOn)
            {
                await session.AgreeAsync("number of values", new byte[] { 1 });
                numbers = await session.RevealAsync(await session.MultiplyAsync(x, session.Constant(x.Shape, 1)));
            }

            return (session.PartyId, new Opened(numbers, bits, [.. session.Faults]));
        });
    }

    private sealed record Opened(double[] Numbers, bool[] Bits, PartyFault[] Faults);
}
