namespace SecureTransformer.Protocols.Additive;

/// <summary>How a smaller operand is repeated to full size: element i of the whole is element (i / Run) mod Elements. Whole rows have the run 1; one number a row has the row's length.</summary>
/// <param name="Elements">The elements of the operand.</param>
/// <param name="Run">How often each stands one after another.</param>
internal readonly record struct Repetition(int Elements, int Run)
{
    /// <summary>The repetition that broadcasts a shape to another; null where the axes that stay do not stand together, or the shapes do not fit.</summary>
    public static Repetition? Of(TensorShape shape, TensorShape whole)
    {
        int run = 1;
        bool kept = false;
        bool above = false;
        for (int i = 1; i <= Math.Max(shape.Rank, whole.Rank); i++)
        {
            int own = i <= shape.Rank ? shape[-i] : 1;
            int wanted = i <= whole.Rank ? whole[-i] : 0;
            if (own == wanted)
            {
                if (own > 1)
                {
                    if (above)
                    {
                        return null;
                    }

                    kept = true;
                }
            }
            else if (own != 1 || wanted == 0)
            {
                return null;
            }
            else if (kept)
            {
                above = true;
            }
            else
            {
                run *= wanted;
            }
        }

        return shape.Count <= Material.MaxWords ? new Repetition(shape.Count, run) : null;
    }

    /// <summary>Writes a run of the whole from <paramref name="start"/> on.</summary>
    public void Expand(ReadOnlySpan<ulong> source, int start, Span<ulong> target)
    {
        int index = start / Run % Elements;
        int left = Run == 1 ? Elements - index : Run - (start % Run);
        while (!target.IsEmpty)
        {
            int length = Math.Min(left, target.Length);
            if (Run == 1)
            {
                source.Slice(index, length).CopyTo(target);
                index = 0;
                left = Elements;
            }
            else
            {
                target[..length].Fill(source[index]);
                index = index + 1 == Elements ? 0 : index + 1;
                left = Run;
            }

            target = target[length..];
        }
    }
}
