using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>Runs a choice on all parties and opens it, for tests.</summary>
internal static class Choices
{
    /// <summary>The ids of the chosen tokens, after checks that all parties agree, that one-hot rows are exact, and that nothing is left behind.</summary>
    public static async Task<int[]> RunAsync(
        MpcProtocol protocol, int rows, int vocabulary, double[] logits, Func<MpcSession, SecretTensor, ValueTask<SecretToken>> choose, int? parties = null)
    {
        await using LocalParties all = LocalParties.Create(protocol, parties: parties);
        return await RunAsync(all, rows, vocabulary, logits, choose);
    }

    public static async Task<int[]> RunAsync(
        LocalParties parties, int rows, int vocabulary, double[] logits, Func<MpcSession, SecretTensor, ValueTask<SecretToken>> choose)
    {
        double[][] results = await parties.RunAsync(async session =>
        {
            double[] values;
            using (session.BeginScope())
            {
                SecretTensor x = await session.InputAsync(0, new TensorShape(rows, vocabulary), logits);
                using SecretToken token = await choose(session, x);
                Assert.Equal((new TensorShape(rows, vocabulary), 0), (token.OneHot.Shape, token.OneHot.FractionalBits));
                Assert.Equal((new TensorShape(rows), 0), (token.Id.Shape, token.Id.FractionalBits));
                values = [.. await session.RevealAsync(token.Id), .. await session.RevealAsync(token.OneHot)];
            }

            Assert.Equal(0, session.OutstandingBuffers);
            return values;
        });
        Assert.All(results, r => Assert.Equal(results[0], r));
        int[] ids = [.. results[0][..rows].Select(id => checked((int)id))];
        for (int row = 0; row < rows; row++)
        {
            double[] oneHot = results[0][(rows + (row * vocabulary))..(rows + ((row + 1) * vocabulary))];
            Assert.Equal(1, oneHot[ids[row]]);
            Assert.Equal(vocabulary - 1, oneHot.Count(v => v == 0));
        }

        return ids;
    }

    /// <summary>The first largest of each row.</summary>
    public static int[] ArgMax(int vocabulary, double[] logits) => [.. logits.Chunk(vocabulary).Select(row => Array.IndexOf(row, row.Max()))];
}
