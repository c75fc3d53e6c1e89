using System.Security.Cryptography;
using System.Text;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Protocols.Stored;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Randomness ahead of time: what a plan asks for, kind by kind in batches, into a file for each run (<see cref="RandomnessRegion"/>).
/// </content>
public sealed partial class ShamirSession
{
    /// <summary>The elements of a batch: few enough that what it takes to make them is small beside a model's activations.</summary>
    internal const int BatchElements = 1 << 17;

    internal const int IdentityBytes = 16;

    /// <inheritdoc/>
    public override bool Preprocesses => true;

    /// <inheritdoc/>
    /// <remarks>A round before the first batch and one after the last, in which nothing but the name of the store and digests of public plans are sent.</remarks>
    protected override async ValueTask PreprocessCoreAsync(
        string directory, string program, IReadOnlyList<MaterialPlan> runs, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        IReadOnlyList<RandomnessRegion>[] regions = [.. runs.Select(RegionsOf)];
        MaterialStore.MakeDirectory(directory);
        var description = new MaterialStoreDescription
        {
            Identity = await AgreeOnIdentityAsync(program, runs, cancellationToken).ConfigureAwait(false),
            Party = PartyId,
            PartyCount = PartyCount,
            Threshold = Threshold,
            FractionalBits = Options.FractionalBits,
            Program = program,
            Count = runs.Count,
        };
        MaterialStore.BeginOwn(directory, description);
        double all = Math.Max(1, regions.Sum(run => run.Sum(region => (double)region.Words)));
        double done = 0;
        for (int run = 0; run < runs.Count; run++)
        {
            await WriteRunAsync(directory, description, run, runs[run], regions[run], Report, cancellationToken).ConfigureAwait(false);
        }

        // A part is one only when all parties have theirs.
        await AgreeCoreAsync("material ahead of time", SHA256.HashData(Encoding.ASCII.GetBytes(description.Identity)), cancellationToken).ConfigureAwait(false);
        MaterialStore.End(directory, description);

        void Report(long words) => progress?.Report((done += words) / all);
    }

    private IReadOnlyList<RandomnessRegion> RegionsOf(MaterialPlan plan)
    {
        try
        {
            return RandomnessRegion.Of(plan, _bits.Words);
        }
        catch (InvalidDataException error)
        {
            throw new ArgumentException(error.Message, nameof(plan), error);
        }
    }

    /// <summary>A name that party 0 draws, once all parties have the same plans.</summary>
    private async ValueTask<string> AgreeOnIdentityAsync(string program, IReadOnlyList<MaterialPlan> runs, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{program.Length} {program} {runs.Count}"));
        foreach (MaterialPlan plan in runs)
        {
            hash.AppendData(SHA256.HashData(plan.ToBytes()));
        }

        await AgreeCoreAsync("plans of material", hash.GetHashAndReset(), cancellationToken).ConfigureAwait(false);
        if (PartyId > 0)
        {
            using FrameBuffer frame = await ReceiveAsync(0, Operations.MaterialIdentity, IdentityBytes, cancellationToken).ConfigureAwait(false);
            return Convert.ToHexStringLower(frame.Span);
        }

        byte[] identity = RandomNumberGenerator.GetBytes(IdentityBytes);
        for (int party = 1; party < PartyCount; party++)
        {
            FrameBuffer frame = _channels[party].Rent(IdentityBytes);
            identity.CopyTo(frame.Span);
            _channels[party].Send(frame, Operations.MaterialIdentity);
        }

        return Convert.ToHexStringLower(identity);
    }

    private async ValueTask WriteRunAsync(
        string directory,
        MaterialStoreDescription description,
        int run,
        MaterialPlan plan,
        IReadOnlyList<RandomnessRegion> regions,
        Action<long> report,
        CancellationToken cancellationToken)
    {
        (FileStream file, RunSecret secret) = RunFile.Create(Path.Combine(directory, RunFile.NameOf(run)), description, run, plan);
        await using (file.ConfigureAwait(false))
        using (secret)
        using (var writer = new RegionWriter(file, secret, Pool))
        {
            foreach (RandomnessRegion region in regions)
            {
                foreach (RandomnessRequest[] batch in region.Batches(BatchElements))
                {
                    using var scratch = new Scratch(Pool);
                    await OfflineAsync(() => MakeBatchAsync(scratch, batch, writer, cancellationToken)).ConfigureAwait(false);
                    report(batch.Sum(request => request.Words(_bits.Words)));
                }

                writer.EndRegion();
            }

            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>Makes a batch of one kind and writes it request by request.</summary>
    private async ValueTask<bool> MakeBatchAsync(Scratch scratch, RandomnessRequest[] batch, RegionWriter writer, CancellationToken cancellationToken)
    {
        RandomnessRequest first = batch[0];
        var segments = new Segments([.. batch.Select(request => request.Count)]);
        switch (first.Kind)
        {
            case RandomnessKind.Numbers or RandomnessKind.ZeroNumbers:
                SecretBuffer numbers = await ExtractAsync(
                    scratch, _numberCommittee, segments.Elements, first.Kind == RandomnessKind.ZeroNumbers, cancellationToken).ConfigureAwait(false);
                writer.Write(numbers.Span);
                break;
            case RandomnessKind.Bits or RandomnessKind.ZeroBits:
                SecretBuffer bits = await ExtractAsync(
                    scratch, _bitCommittee, segments.Elements, first.Kind == RandomnessKind.ZeroBits, cancellationToken).ConfigureAwait(false);
                foreach ((int element, _, int count) in segments.Runs())
                {
                    WriteBits(writer, bits, 1, element, count);
                }

                break;
            case RandomnessKind.TruncationMask:
                TruncationMask truncation = await MakeTruncationMaskAsync(scratch, segments, first.Parameter, cancellationToken).ConfigureAwait(false);
                foreach ((int element, _, int count) in segments.Runs())
                {
                    writer.Write(truncation.Mask(_numbers).Slice(element, count).Elements);
                    writer.Write(truncation.Quotient(_numbers).Slice(element, count).Elements);
                }

                break;
            case RandomnessKind.CompareMask:
                CompareMask compare = await MakeCompareMaskAsync(scratch, segments, first.Parameter, cancellationToken).ConfigureAwait(false);
                foreach ((int element, int word, int count) in segments.Runs())
                {
                    writer.Write(_numbers.Over(compare.Mask.Span).Slice(element, count).Elements);
                    foreach (SecretBuffer planes in (SecretBuffer[])[compare.First, compare.Second, compare.Both])
                    {
                        WriteBits(writer, planes, first.Parameter, word, PlaneWords(count));
                    }
                }

                break;
            case RandomnessKind.BitMask:
                BitMask mask = await MakeBitMaskAsync(scratch, segments, cancellationToken).ConfigureAwait(false);
                foreach ((int element, int word, int count) in segments.Runs())
                {
                    writer.Write(_numbers.Over(mask.Numbers.Span).Slice(element, count).Elements);
                    WriteBits(writer, mask.Bits, 1, word, PlaneWords(count));
                }

                break;
            default:
                throw new InvalidOperationException($"Nothing makes {first.Kind}.");
        }

        return true;
    }

    /// <summary>Of so many positions the words of one request, as they stand where it is made alone.</summary>
    private void WriteBits(RegionWriter writer, SecretBuffer bits, int positions, int word, int words)
    {
        Lanes all = _bits.Over(bits.Span);
        int stride = all.Length / positions;
        for (int plane = 0; plane < _bits.Words; plane++)
        {
            for (int position = 0; position < positions; position++)
            {
                writer.Write(all.Plane(plane).Slice((position * stride) + word, words));
            }
        }
    }
}
