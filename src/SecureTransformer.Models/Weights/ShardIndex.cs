using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>Reads <c>model.safetensors.index.json</c>: which shard holds which tensor.</summary>
internal static class ShardIndex
{
    private const long MaxBytes = 64_000_000;

    public static List<(string Tensor, string Shard)> Read(string path)
    {
        using JsonFile json = JsonFile.Open(path, MaxBytes);
        JsonFields map = json.Root.RequiredObject("weight_map");
        var entries = new List<(string, string)>();
        foreach (string tensor in map.Names)
        {
            string shard = map.RequiredString(tensor);
            if (!IsPlainFileName(shard))
            {
                throw new InvalidDataException(
                    $"{path}: the shard '{Text.Printable(shard)}' of tensor '{Text.Printable(tensor)}' is not the plain name of a .safetensors file in the model directory.");
            }

            entries.Add((tensor, shard));
        }

        return entries.Count > 0 ? entries : throw new InvalidDataException($"{path}: weight_map names no tensor.");
    }

    /// <summary>A name that stays in its directory on every platform: no separators, no drive, no control characters.</summary>
    private static bool IsPlainFileName(string name) =>
        name.Length is > 12 and <= 255
        && name.EndsWith(".safetensors", StringComparison.Ordinal)
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ' ' or '+' or '=' or '@')
        && name[0] != '.' && name[0] != ' ';
}
