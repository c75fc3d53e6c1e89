using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Hosting;

/// <summary>Material in a folder that disappears with the test.</summary>
internal sealed class MaterialFolder : IDisposable
{
    private MaterialFolder()
    {
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("material-").FullName;

    /// <summary>Of a party.</summary>
    public string this[int party] => MaterialStore.PathOf(Path, party);

    public static InferenceOptions Options(int parties, int? padTo = null, int bits = 18) =>
        new() { Protocol = MpcProtocol.Additive, Parties = parties, FractionalBits = bits, PadTo = padTo };

    /// <summary>For classifications by the triage model.</summary>
    public static async Task<MaterialFolder> ForTextsAsync(int length, int count, int parties = 2)
    {
        var folder = new MaterialFolder();
        await Preprocessing.WriteForClassificationAsync(ModelConfig.FromDirectory(HostedParties.Model), length, count, folder.Path, Options(parties));
        return folder;
    }

    /// <summary>For continuations by gpt2-arith.</summary>
    public static async Task<MaterialFolder> ForPromptsAsync(int prompt, GenerationOptions generation, int count, int parties = 2)
    {
        var folder = new MaterialFolder();
        await Preprocessing.WriteForGenerationAsync(ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith")), prompt, generation, count, folder.Path, Options(parties));
        return folder;
    }

    /// <summary>For a program of another description.</summary>
    public static async Task<MaterialFolder> ForAsync(string program)
    {
        var folder = new MaterialFolder();
        await MaterialStore.WriteAsync(folder.Path, program, [new MaterialPlan()], 2);
        return folder;
    }

    public LocalClusterOptions Cluster(int parties) => new() { Protocol = MpcProtocol.Additive, Parties = parties, MaterialDirectory = Path };

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
