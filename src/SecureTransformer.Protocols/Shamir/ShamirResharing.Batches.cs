using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>One batch: dealt, checked, written.</content>
public sealed partial class ShamirResharing
{
    private async ValueTask ReshareBatchAsync(string name, int start, int count, IShareReader? source, IShareWriter? destination, CancellationToken cancellationToken)
    {
        using var scratch = new Scratch(_pool);

        // The old parties' mask is dealt on with the batch; the new parties' number is opened when all of it has arrived.
        Mersenne127 mask = await _dealer.DealRandomAsync(scratch, _old, Operations.ReshareMask, cancellationToken).ConfigureAwait(false);
        Mersenne127 number = await _dealer.DealRandomAsync(scratch, _new, Operations.ReshareNumber, cancellationToken).ConfigureAwait(false);
        mask = await _dealer.TakeRandomAsync(scratch, _old, Operations.ReshareMask, mask, cancellationToken).ConfigureAwait(false);
        number = await _dealer.TakeRandomAsync(scratch, _new, Operations.ReshareNumber, number, cancellationToken).ConfigureAwait(false);
        int[] dealers = [.. Enumerable.Range(0, _old.Threshold + 1).Select(i => _old.Present[(_batches + i) % _old.Present.Length])];
        SecretBuffer[] dealt = await DealBatchAsync(scratch, dealers, start, count, source, mask, cancellationToken).ConfigureAwait(false);
        number = await OpenNumberAsync(name, number, cancellationToken).ConfigureAwait(false);
        await CheckAsync(scratch, name, dealers, dealt, start, count, source, mask, number, cancellationToken).ConfigureAwait(false);
        if (destination is not null)
        {
            Write(scratch, dealers, dealt, count, destination);
        }
    }

    /// <summary>Shares of the dealers' shares, and of their shares of the mask after them, by dealer; none at a place that is no new party's.</summary>
    private async ValueTask<SecretBuffer[]> DealBatchAsync(
        Scratch scratch, int[] dealers, int start, int count, IShareReader? source, Mersenne127 mask, CancellationToken cancellationToken)
    {
        int size = ShareDealer.FrameElements;
        SecretBuffer[] dealt = NewParty is null ? [] : [.. dealers.Select(_ => scratch.Rent(_field, count + 1))];
        if (OldParty is { } old && Array.IndexOf(dealers, old) is var index and >= 0)
        {
            int number = ShareDealer.NumberOf(_new, _channels.PartyId, old);
            SecretBuffer secret = scratch.Rent(_field, Math.Min(size, count));
            for (int at = 0; at < count; at += size)
            {
                int length = Math.Min(size, count - at);
                KeptElements.Read(source!, _plan.Epoch.IsKeptAsSeed(old), start + at, _field.Over(secret.Span).Slice(0, length).Elements);
                await _dealer.DealAsync(scratch, _new, number, secret, length, Operations.Reshare, dealt.ElementAtOrDefault(index), at, cancellationToken).ConfigureAwait(false);
            }

            Mersenne127.AsElements(secret.Span)[0] = mask;
            await _dealer.DealAsync(scratch, _new, number, secret, 1, Operations.Reshare, dealt.ElementAtOrDefault(index), count, cancellationToken).ConfigureAwait(false);
        }

        for (int i = 0; i < dealt.Length; i++)
        {
            int place = _old[dealers[i]]!.Value;
            int number = ShareDealer.NumberOf(_new, place, dealers[i]);
            for (int at = 0; place != _channels.PartyId && at < count; at += size)
            {
                await _dealer.TakeAsync(_new, place, number, NewParty!.Value, Math.Min(size, count - at), Operations.Reshare, dealt[i], at, cancellationToken).ConfigureAwait(false);
            }

            if (place != _channels.PartyId)
            {
                await _dealer.TakeAsync(_new, place, number, NewParty!.Value, 1, Operations.Reshare, dealt[i], count, cancellationToken).ConfigureAwait(false);
            }
        }

        return dealt;
    }

    /// <summary>Opens the number to all places.</summary>
    private async ValueTask<Mersenne127> OpenNumberAsync(string name, Mersenne127 share, CancellationToken cancellationToken)
    {
        if (NewParty is not null)
        {
            SendTo(Enumerable.Range(0, _channels.PartyCount), Operations.ReshareNumber, [share]);
        }

        var shares = new Mersenne127[_new.Parties];
        for (int party = 0; party < shares.Length; party++)
        {
            shares[party] = (await TakeFromAsync(_new[party]!.Value, Operations.ReshareNumber, [share], cancellationToken).ConfigureAwait(false))[0];
        }

        return _new.TryOpen(_new.Present, shares) ?? throw new ProtocolException($"The new parties' shares of the number that '{name}' is checked with do not belong together.");
    }

    /// <summary>
    /// The new parties open, for each dealer, the mask plus the sum of what it dealt times powers of the number; the values, with what the old parties who do not deal have of that sum,
    /// must be shares of one sharing of the old parties.
    /// </summary>
    private async ValueTask CheckAsync(
        Scratch scratch,
        string name,
        int[] dealers,
        SecretBuffer[] dealt,
        int start,
        int count,
        IShareReader? source,
        Mersenne127 mask,
        Mersenne127 number,
        CancellationToken cancellationToken)
    {
        int[] watchers = [.. _old.Present.Except(dealers)];
        var own = new Mersenne127[1];
        if (OldParty is { } old && watchers.Contains(old))
        {
            own[0] = SumOfKept(scratch, start, count, source!, old, mask, number);
            SendTo(_plan.NewPlaces, Operations.ReshareCheck, own);
        }

        if (NewParty is null)
        {
            return;
        }

        Mersenne127[] sums = [.. dealt.Select(shares => SumOf(scratch, shares, count, number))];
        SendTo(_plan.NewPlaces, Operations.ReshareCheck, sums);
        var values = new List<Mersenne127>();
        foreach (int watcher in watchers)
        {
            values.AddRange(await TakeFromAsync(_old[watcher]!.Value, Operations.ReshareCheck, own, cancellationToken).ConfigureAwait(false));
        }

        var opened = new Mersenne127[_new.Parties][];
        for (int party = 0; party < opened.Length; party++)
        {
            opened[party] = await TakeFromAsync(_new[party]!.Value, Operations.ReshareCheck, sums, cancellationToken).ConfigureAwait(false);
        }

        for (int i = 0; i < dealers.Length; i++)
        {
            values.Add(_new.TryOpen(_new.Present, Array.ConvertAll(opened, shares => shares[i])) ?? throw new ProtocolException(
                $"What {NameOf(_old[dealers[i]]!.Value)} dealt of '{name}' does not lie on polynomials of degree {_new.Threshold}: that, or what a receiver says of it, is wrong."));
        }

        if (_old.TryOpen([.. watchers, .. dealers], CollectionsMarshal.AsSpan(values)) is null)
        {
            throw new ProtocolException($"The old parties' shares of '{name}' do not belong together: they are of different epochs, or a party did not deal what it kept.");
        }
    }

    private Mersenne127 SumOf(Scratch scratch, SecretBuffer shares, int count, Mersenne127 number)
    {
        var sum = new PowerSum(scratch.Rent(_field, PowerSum.Block), number);
        for (int at = 0; at < count; at += ShareDealer.FrameElements)
        {
            sum.Add(_field.Over(shares.Span).Slice(at, Math.Min(ShareDealer.FrameElements, count - at)).Elements);
        }

        return sum.AddTo(Mersenne127.AsElements(shares.Span)[count]);
    }

    private Mersenne127 SumOfKept(Scratch scratch, int start, int count, IShareReader source, int party, Mersenne127 mask, Mersenne127 number)
    {
        var sum = new PowerSum(scratch.Rent(_field, PowerSum.Block), number);
        SecretBuffer frame = scratch.Rent(_field, Math.Min(ShareDealer.FrameElements, count));
        for (int at = 0; at < count; at += ShareDealer.FrameElements)
        {
            Span<ulong> elements = _field.Over(frame.Span).Slice(0, Math.Min(ShareDealer.FrameElements, count - at)).Elements;
            KeptElements.Read(source, _plan.Epoch.IsKeptAsSeed(party), start + at, elements);
            sum.Add(elements);
        }

        return sum.AddTo(mask);
    }

    /// <summary>The new share: what the dealers dealt, times the coefficients with which their own shares give the value.</summary>
    private void Write(Scratch scratch, int[] dealers, SecretBuffer[] dealt, int count, IShareWriter destination)
    {
        UInt128[] factors = _field.Interpolation([.. dealers.Select(Committee.Point)], 0);
        SecretBuffer frame = scratch.Rent(_field, Math.Min(ShareDealer.FrameElements, count));
        for (int at = 0; at < count; at += ShareDealer.FrameElements)
        {
            int length = Math.Min(ShareDealer.FrameElements, count - at);
            Lanes share = _field.Over(frame.Span).Slice(0, length);
            _field.Scale(factors[0], _field.Over(dealt[0].Span).Slice(at, length), share);
            for (int i = 1; i < factors.Length; i++)
            {
                _field.AddScaled(factors[i], _field.Over(dealt[i].Span).Slice(at, length), share);
            }

            destination.Write(MemoryMarshal.AsBytes(share.Elements));
        }
    }

    private void SendTo(IEnumerable<int> places, ushort operation, Mersenne127[] elements)
    {
        foreach (int place in places)
        {
            if (place != _channels.PartyId)
            {
                FrameBuffer frame = _channels[place].Rent(elements.Length * Mersenne127.ByteCount);
                elements.CopyTo(Mersenne127.AsElements(frame.Words));
                _channels[place].Send(frame, operation);
            }
        }
    }

    /// <summary>As many elements from a place; at this place, its own.</summary>
    private async ValueTask<Mersenne127[]> TakeFromAsync(int place, ushort operation, Mersenne127[] own, CancellationToken cancellationToken)
    {
        if (place == _channels.PartyId)
        {
            return own;
        }

        using FrameBuffer frame = await _channels[place].ReceiveAsync(operation, own.Length * Mersenne127.ByteCount, cancellationToken).ConfigureAwait(false);
        _field.Require(frame.Words, _channels[place]);
        return Mersenne127.AsElements(frame.Words).ToArray();
    }

    private string NameOf(int place) => place == _channels.PartyId ? "this party" : _channels[place].PeerName;
}
