using System.Globalization;
using System.Text;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>What all parties of a session must agree on, compared field by field before anything secret is sent.</summary>
internal static class SessionHandshake
{
    /// <summary>Three texts of 1,024 characters, of at most three bytes each, and numbers.</summary>
    private const int MaxLength = 12288;

    /// <summary>Exchanges the description with every party at the first places of the network. One round.</summary>
    /// <param name="channels">The channels.</param>
    /// <param name="parties">The number of parties; places after theirs are no parties.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="arithmetic">A digest of what the party computes of public numbers that all must compute alike; empty where there is nothing of the kind.</param>
    /// <param name="options">The session's options.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="threshold">How many parties may collude, of a protocol where one chooses it; null for others.</param>
    /// <exception cref="ProtocolException">A peer describes the session otherwise; the message names the field and the party.</exception>
    public static ValueTask RunAsync(
        ChannelSet channels, int parties, string protocol, string arithmetic, SessionOptions options, CancellationToken cancellationToken, int? threshold = null) =>
        RunAsync(
            channels,
            0,
            parties,
            [
                Version,
                ("protocol", protocol),
                ("number of parties", parties.ToString(CultureInfo.InvariantCulture)),
                .. threshold is { } number
                    ? [("threshold", number.ToString(CultureInfo.InvariantCulture)), ("epoch of kept shares", options.ShareEpoch?.ToString() ?? "")]
                    : Array.Empty<(string, string)>(),
                ("arithmetic", arithmetic),
                ("fractional bits", options.FractionalBits.ToString(CultureInfo.InvariantCulture)),
                ("nonlinear functions", options.NonlinearFunctions),
                ("model", options.Agreement),
                ("stored material", options.Material is { } store ? $"{store.Description.Identity}, {store.Description.Program}" : ""),
            ],
            cancellationToken);

    /// <summary>What parties and their dealer at the last place compare, which says nothing of the model: each party with the dealer, and the dealer with all.</summary>
    public static ValueTask RunWithDealerAsync(ChannelSet channels, CancellationToken cancellationToken)
    {
        int dealer = channels.PartyCount - 1;
        bool isDealer = channels.PartyId == dealer;
        return RunAsync(
            channels,
            isDealer ? 0 : dealer,
            isDealer ? dealer : dealer + 1,
            [Version, ("protocol", "additive, with a dealer"), ("number of parties", dealer.ToString(CultureInfo.InvariantCulture))],
            cancellationToken);
    }

    /// <summary>What the places of a network compare for a run that is no session.</summary>
    public static ValueTask RunAsync(ChannelSet channels, string protocol, (string Name, string Value)[] fields, CancellationToken cancellationToken) =>
        RunAsync(channels, 0, channels.PartyCount, [Version, ("protocol", protocol), .. fields], cancellationToken);

    private static (string Name, string Value) Version => ("library version", typeof(SessionHandshake).Assembly.GetName().Version?.ToString(3) ?? "");

    private static async ValueTask RunAsync(ChannelSet channels, int first, int end, (string Name, string Value)[] fields, CancellationToken cancellationToken)
    {
        byte[] description = Encoding.UTF8.GetBytes(string.Join('\n', fields.Select(f => f.Value.ReplaceLineEndings(" "))));
        for (int peer = first; peer < end; peer++)
        {
            if (peer != channels.PartyId)
            {
                FrameBuffer frame = channels[peer].Rent(description.Length);
                description.CopyTo(frame.Span);
                channels[peer].Send(frame, Operations.Handshake);
            }
        }

        string? difference = null;
        for (int peer = first; peer < end; peer++)
        {
            if (peer == channels.PartyId)
            {
                continue;
            }

            using FrameBuffer frame = await channels[peer].ReceiveAtMostAsync(Operations.Handshake, MaxLength, cancellationToken).ConfigureAwait(false);
            string[] theirs = Encoding.UTF8.GetString(frame.Span).Split('\n');
            string[] ours = Encoding.UTF8.GetString(description).Split('\n');
            for (int i = 0; i < ours.Length && difference is null; i++)
            {
                if (theirs.Length != ours.Length || theirs[i] != ours[i])
                {
                    string other = i < theirs.Length ? Printable(theirs[i]) : "nothing";
                    difference = $"{channels[peer].PeerName} has the {fields[i].Name} '{other}'; this party has '{Printable(ours[i])}'.";
                }
            }
        }

        if (difference is not null)
        {
            channels.Abort("the parties do not agree on the session");
            throw new ProtocolException(difference);
        }
    }

    private static string Printable(string text) =>
        string.Concat(text.Take(100).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
