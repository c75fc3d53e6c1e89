using System.Numerics;

namespace SecureTransformer.Distillation.Differentiation;

/// <summary>Arrays of one size after another, used again from one step of training to the next. Not safe for use by several threads at once.</summary>
internal sealed class Arrays<T>
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    private readonly Dictionary<int, Stack<T[]>> _idle = [];
    private readonly List<T[]> _rented = [];

    /// <summary>An array of zeros of at least so many elements, until <see cref="ReturnAll"/>.</summary>
    public T[] Rent(int count)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 16));
        T[] array = _idle.TryGetValue(size, out Stack<T[]>? idle) && idle.TryPop(out T[]? used) ? used : new T[size];
        array.AsSpan(0, count).Clear();
        _rented.Add(array);
        return array;
    }

    /// <summary>Takes back everything that was rented.</summary>
    public void ReturnAll()
    {
        foreach (T[] array in _rented)
        {
            if (!_idle.TryGetValue(array.Length, out Stack<T[]>? idle))
            {
                _idle[array.Length] = idle = new Stack<T[]>();
            }

            idle.Push(array);
        }

        _rented.Clear();
    }
}
