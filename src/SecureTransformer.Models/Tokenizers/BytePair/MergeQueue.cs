using System.Runtime.InteropServices;

namespace SecureTransformer.Models;

/// <summary>A binary heap of the pairs of a word that may be merged: the lowest rank first, and of equal ranks the leftmost.</summary>
/// <param name="initial">Room to start with; more is allocated when needed.</param>
[StructLayout(LayoutKind.Auto)]
internal ref struct MergeQueue(Span<long> initial)
{
    private Span<long> _heap = initial;
    private int _count;

    public void Push(int rank, int position)
    {
        if (_count == _heap.Length)
        {
            long[] larger = new long[Math.Max(64, 2 * _count)];
            _heap.CopyTo(larger);
            _heap = larger;
        }

        long key = ((long)rank << 32) | (uint)position;
        int i = _count++;
        while (i > 0)
        {
            int parent = (i - 1) / 2;
            if (_heap[parent] <= key)
            {
                break;
            }

            _heap[i] = _heap[parent];
            i = parent;
        }

        _heap[i] = key;
    }

    public bool TryPop(out int rank, out int position)
    {
        if (_count == 0)
        {
            rank = 0;
            position = 0;
            return false;
        }

        rank = (int)(_heap[0] >> 32);
        position = (int)_heap[0];
        long key = _heap[--_count];
        int i = 0;
        while (true)
        {
            int child = (2 * i) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _heap[child + 1] < _heap[child])
            {
                child++;
            }

            if (key <= _heap[child])
            {
                break;
            }

            _heap[i] = _heap[child];
            i = child;
        }

        _heap[i] = key;
        return true;
    }
}
