using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

// Uses stored material of two parties until it is spent or the process is killed, and says of each run, before anything drawn from it is sent, which masks were drawn.
const ushort MaterialRun = 67;
const ushort Multiply = 16;
using Stream output = Console.OpenStandardOutput();
var gate = new Lock();
Say("opening");
await using LocalParties parties = LocalParties.Create(args[0], transport: new TransportOptions { FrameObserver = Observe });
Say("open");
try
{
    while (true)
    {
        await parties.RunAsync(async session =>
        {
            // Party 1's share of a constant is zero: what it opens is its share of the mask, negated.
            await session.RevealAsync(await session.SquareAsync(session.Constant(new TensorShape(4), 1.5)));
        });
    }
}
catch (ProtocolException error) when (error.Message.Contains("spent", StringComparison.Ordinal))
{
    Say("spent");
}

void Observe(in ObservedFrame frame)
{
    if (frame is { Operation: MaterialRun, From: "party 1" })
    {
        Say($"run {MemoryMarshal.Read<int>(frame.Payload)}");
    }
    else if (frame is { Operation: Multiply, From: "party 1" })
    {
        Say($"drew {Convert.ToHexString(SHA256.HashData(frame.Payload))}");
    }
}

void Say(string line)
{
    lock (gate)
    {
        output.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
        output.Flush();
    }
}
