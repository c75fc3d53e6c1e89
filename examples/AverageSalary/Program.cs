// Three friends learn the average of their salaries, and nothing else.
// Each runs the same program with a number of its own; here all three run in one process.
using System.Globalization;
using SecureTransformer.Protocols;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
double[] salaries = args.Length == 3 ? [.. args.Select(a => double.Parse(a, CultureInfo.InvariantCulture))] : [52_000, 61_500, 48_250];
var one = new TensorShape(1);

await using LocalParties friends = LocalParties.Create(MpcProtocol.Replicated3);
double[][] learned = await friends.RunAsync(async session =>
{
    // Everybody shares a number; a friend gives only the own one, the two others' come as shares that say nothing.
    double[] mine = [salaries[session.PartyId]];
    SecretTensor sum = session.Constant(one, 0);
    for (int friend = 0; friend < session.PartyCount; friend++)
    {
        SecretTensor salary = await session.InputAsync(friend, one, friend == session.PartyId ? mine : null);
        sum = session.Add(sum, salary);
    }

    // Only the sum is opened; dividing it by three is everybody's own business.
    double[] opened = await session.RevealAsync(sum);
    return (double[])[opened[0] / session.PartyCount];
});

for (int friend = 0; friend < learned.Length; friend++)
{
    Console.WriteLine($"friend {friend} knows the own salary and the average: {learned[friend][0]:N2}");
}

return Math.Abs(learned[0][0] - salaries.Average()) < 0.01 ? 0 : 1;
