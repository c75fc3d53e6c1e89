using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli;

/// <summary>The option <c>--timeout</c>: how long a party or client is waited for.</summary>
internal static class TimeoutOption
{
    public static Option<double> Create(double seconds = 60)
    {
        var option = new Option<double>("--timeout") { Description = "Seconds to wait for another party to connect or answer.", DefaultValueFactory = _ => seconds };
        option.Validators.Add((OptionResult result) =>
        {
            // What is no number has an error of its own.
            if (result.Tokens.Any(t => double.TryParse(t.Value, CultureInfo.InvariantCulture, out double given) && given is not (> 0 and <= 86400)))
            {
                result.AddError("--timeout is above 0 and at most 86400 seconds.");
            }
        });
        return option;
    }

    public static TransportOptions Transport(double seconds, NetworkConditions? conditions = null) =>
        new() { ConnectTimeout = TimeSpan.FromSeconds(seconds), ReceiveTimeout = TimeSpan.FromSeconds(seconds), Conditions = conditions };
}
