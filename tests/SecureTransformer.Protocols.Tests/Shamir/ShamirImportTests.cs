using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Clients, who are no parties, that do not follow the protocol.</summary>
public class ShamirImportTests
{
    [Fact]
    public async Task Shares_that_do_not_lie_on_one_polynomial_end_the_session()
    {
        Exception?[] errors = await ImportAsync(
            links =>
            {
                Send(links[0], new byte[3 * 16]);
                Send(links[1], new byte[3 * 16]);
                Send(links[2], [.. Enumerable.Repeat((byte)7, 16)]);
                return ValueTask.CompletedTask;
            },
            async (session, client) => await session.ImportAsync(client, new TensorShape(3), 0));
        Assert.All(errors, error => Assert.Contains("do not belong to one value", Assert.IsType<ProtocolException>(error).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_no_element_of_the_field_is_refused()
    {
        Exception?[] errors = await ImportAsync(
            links =>
            {
                Send(links[0], [.. Enumerable.Repeat((byte)0xFF, 16)]);
                Send(links[1], new byte[16]);
                Send(links[2], new byte[16]);
                return ValueTask.CompletedTask;
            },
            async (session, client) => await session.ImportAsync(client, new TensorShape(1), 0));
        Assert.Contains("no element of the field", Assert.IsType<ProtocolException>(errors[0]).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 1, 0, 0)]
    [InlineData(true, 0, 0, 1)]
    [InlineData(false, 0, 0, 0)]
    [InlineData(false, 1, 1, 0)]
    [InlineData(false, 2, -1, 0)]
    [InlineData(false, 1125899906842624, 0, 0)]
    public async Task Rows_have_one_1_among_zeros(bool isOneHot, double first, double second, double third)
    {
        double[] rows = [0, 1, 0, first, second, third];
        ShareCodec codec = ShareCodec.Create(MpcProtocol.Shamir);
        Exception?[] errors = await ImportAsync(
            links => codec.SendAsync([links[0], links[1], links[2]], rows, 0, "rows"),
            async (session, client) => Assert.Equal(rows, await session.RevealAsync(await session.ImportOneHotAsync(client, new TensorShape(2, 3)))));
        Assert.All(errors, error =>
        {
            if (isOneHot)
            {
                Assert.Null(error);
            }
            else
            {
                Assert.Contains("one 1 among zeros", Assert.IsType<ProtocolException>(error).Message, StringComparison.Ordinal);
            }
        });
    }

    private static async Task<Exception?[]> ImportAsync(Func<ClientChannels, ValueTask> client, Func<MpcSession, IChannel, Task> party)
    {
        await using var network = new InMemoryNetwork(3);
        Task<Exception?[]> parties = Task.WhenAll(Enumerable.Range(0, 3).Select(id => Task.Run<Exception?>(async () =>
        {
            await using ClientConnection connection = await network.Party(id).AcceptClientAsync();
            ChannelSet channels = await network.Party(id).OpenSessionAsync(connection.SessionId);
            await using MpcSession session = await ShamirSession.OpenAsync(channels);
            Exception? error = await Record.ExceptionAsync(() => party(session, connection.Channel));
            return error;
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        await client(links);
        return await parties;
    }

    private static void Send(IChannel channel, byte[] payload)
    {
        FrameBuffer frame = channel.Rent(payload.Length);
        payload.CopyTo(frame.Span);
        channel.Send(frame, ShareCodec.ImportOperation);
    }
}
