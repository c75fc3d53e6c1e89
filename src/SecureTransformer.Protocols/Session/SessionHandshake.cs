using System.Globalization;
using System.Text;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>What all parties of a session must agree on, compared field by field before anything secret is sent.</summary>
internal static class SessionHandshake
{
    private const int MaxLength = 4096;

    /// <summary>Exchanges the description with every peer. One round.</summary>
    /// <exception cref="ProtocolException">A peer describes the session otherwise; the message names the field and the party.</exception>
    public static async ValueTask RunAsync(ChannelSet channels, string protocol, SessionOptions options, CancellationToken cancellationToken)
    {
        (string Name, string Value)[] fields =
        [
            ("library version", typeof(SessionHandshake).Assembly.GetName().Version?.ToString(3) ?? ""),
            ("protocol", protocol),
            ("number of parties", channels.PartyCount.ToString(CultureInfo.InvariantCulture)),
            ("fractional bits", options.FractionalBits.ToString(CultureInfo.InvariantCulture)),
            ("model", options.Agreement),
        ];
        byte[] description = Encoding.UTF8.GetBytes(string.Join('\n', fields.Select(f => f.Value.ReplaceLineEndings(" "))));
        for (int peer = 0; peer < channels.PartyCount; peer++)
        {
            if (peer != channels.PartyId)
            {
                FrameBuffer frame = channels[peer].Rent(description.Length);
                description.CopyTo(frame.Span);
                channels[peer].Send(frame, Operations.Handshake);
            }
        }

        string? difference = null;
        for (int peer = 0; peer < channels.PartyCount; peer++)
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
