using System.CommandLine;
using System.CommandLine.Parsing;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli;

/// <summary>The option <c>--network</c>: delay and bandwidth.</summary>
internal static class NetworkOption
{
    public static Option<string?> Create(string description)
    {
        var option = new Option<string?>("--network") { Description = $"{description} lan: a round trip of 1 ms and 5 Gbit/s. wan: 40 ms and 200 Mbit/s. Or RTTms,Mbps, such as 10,1000." };
        option.Validators.Add((OptionResult result) =>
        {
            foreach (Token token in result.Tokens)
            {
                try
                {
                    NetworkConditions.Parse(token.Value);
                }
                catch (FormatException error)
                {
                    result.AddError($"--network: {error.Message}");
                }
            }
        });
        return option;
    }

    /// <summary>The conditions; null where the option was not given.</summary>
    public static NetworkConditions? ValueOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? NetworkConditions.Parse(text) : null;
}
