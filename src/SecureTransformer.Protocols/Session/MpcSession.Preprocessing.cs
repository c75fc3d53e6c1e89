using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Correlated randomness ahead of time.</content>
public abstract partial class MpcSession
{
    /// <summary>Whether the parties of the protocol make their correlated randomness themselves and can do so ahead of time: <see cref="PreprocessAsync"/>.</summary>
    public virtual bool Preprocesses => false;

    /// <summary>
    /// Makes with the other parties the correlated randomness for runs of a program, in batches of one kind, and writes this party's part to a folder, for
    /// <see cref="SessionOptions.Material"/> of later sessions. Those then do online what they always do, and nothing offline.
    /// </summary>
    /// <param name="directory">This party's folder, which does not exist yet or is empty. What is in it is as secret as what the masks hide from this party.</param>
    /// <param name="program">What the runs compute, in words that the parties compare; at most 1,024 characters.</param>
    /// <param name="runs">The plan of each run, in the order of their use; the same at all parties.</param>
    /// <param name="progress">Told the share of the work that is done.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session. What was written is no store.</param>
    /// <remarks>Nobody learns anything. Rounds and bytes: <see cref="ShamirCosts.Preprocess"/>.</remarks>
    /// <exception cref="ArgumentException">There is no run, the program is too long, or a plan is none of this protocol.</exception>
    /// <exception cref="IOException">The folder is not empty or cannot be written.</exception>
    /// <exception cref="NotSupportedException">The protocol makes nothing ahead of time; see <see cref="Preprocesses"/>.</exception>
    /// <exception cref="ProtocolException">A party has other plans.</exception>
    public async ValueTask PreprocessAsync(
        string directory, string program, IReadOnlyList<MaterialPlan> runs, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        MaterialStore.RequireRuns(directory, program, runs);
        if (!Preprocesses)
        {
            throw new NotSupportedException($"The parties of the protocol {Protocol} make nothing ahead of time.");
        }

        await InPhaseAsync(TrafficPhase.Offline, "preprocess", 0, ct => Done(PreprocessCoreAsync(directory, program, runs, progress, ct)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes and writes it; asked where <see cref="Preprocesses"/>.</summary>
    protected virtual ValueTask PreprocessCoreAsync(
        string directory, string program, IReadOnlyList<MaterialPlan> runs, IProgress<double>? progress, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"The parties of the protocol {Protocol} make nothing ahead of time.");
}
