using System.CommandLine;
using SecureTransformer.Hosting;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli;

/// <summary>The options <c>--protocol</c> and <c>--parties</c>.</summary>
internal static class ProtocolOptions
{
    public static Option<string> CreateProtocol()
    {
        var option = new Option<string>("--protocol")
        {
            Description = "replicated: three parties, of which one may be curious. additive: two to eight parties, of which all but one may, and a dealer. shamir: three to sixteen parties, of which fewer than half may, and no dealer. plaintext, plaintext-fixed: one party, not private.",
            DefaultValueFactory = _ => "replicated",
        };
        option.AcceptOnlyFromAmong([.. ProtocolNames.All]);
        return option;
    }

    public static Option<int?> CreateParties() => new("--parties") { Description = "The number of parties: with --protocol additive 2 to 8, without the dealer, and 2 if not given; with shamir 3 to 16, and 3 if not given." };

    public static Option<int?> CreateThreshold() => new("--threshold") { Description = "With --protocol shamir: how many of the parties may collude, fewer than half; the most if not given. With N parties and a threshold of T, up to min(T, N - 2T - 1) may lie or be silent when they answer." };

    public static InferenceOptions ValueOf(ParseResult parsed, Option<string> protocol, Option<int?> parties, Option<int?> threshold, Option<int> bits, Option<string> nonlinear, NetworkDescription? network = null)
    {
        var options = new InferenceOptions
        {
            Protocol = ProtocolNames.Parse(parsed.GetValue(protocol)!),
            Parties = parsed.GetValue(parties),
            Threshold = parsed.GetValue(threshold) ?? network?.ThresholdFor(ProtocolNames.Parse(parsed.GetValue(protocol)!)),
            FractionalBits = parsed.GetValue(bits),
            Nonlinear = NonlinearOption.ValueOf(parsed, nonlinear),
        };
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentOutOfRangeException error) when (error.ParamName is "parties" or "threshold")
        {
            throw new UsageException(error.Message.Split(" (Parameter '")[0]);
        }
    }
}
