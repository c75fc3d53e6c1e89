// Products of matrices modulo 2^64: c = a b, or the sum of such products (terms), for many matrices side by side (the third dimension).
//
// a is row-major, its rows filled up with zeros to a multiple of 16 words, so that whatever stands beside or below b meets zeros or ends in columns
// and rows of c that nobody reads. Every buffer goes on far enough for whole tiles: there are no bounds checks. Strides are even, so that words are
// loaded in pairs.
//
// Small products of many terms are cut along the inner dimension too: each of some slices makes a product of its own, c_slice apart, and sum_slices adds
// them up.
//
// A group of WM x WN work-items makes WM TM x WN TN elements of c. TRANSPOSED: b holds the columns of the right-hand side as its rows.

#define BM (WM * TM)
#define BN (WN * TN)
#define ITEMS (WM * WN)

#ifdef TILED

// Rows of the pieces in local memory, one word pair longer where they are written across, so that the banks are met evenly.
#define LDA (BM + 2)
#ifdef TRANSPOSED
#define LDB (BN + 2)
#else
#define LDB BN
#endif

#define PAIRS_A (BM * KT / 2)
#define PAIRS_B (BN * KT / 2)
#define LOADS_A ((PAIRS_A + ITEMS - 1) / ITEMS)
#define LOADS_B ((PAIRS_B + ITEMS - 1) / ITEMS)

// Each work-item's pairs of rows lie 2 WM apart, its pairs of columns 2 WN: neighbours read and write neighbouring words.
#define ROW(i) (((i) * WM + y) * 2)
#define COLUMN(j) (((j) * WN + x) * 2)

__kernel __attribute__((reqd_work_group_size(WN, WM, 1))) void ring_product(
    __global const ulong *restrict a, ulong a_stride, ulong a_matrix, ulong a_term,
    __global const ulong *restrict b, ulong b_stride, ulong b_matrix, ulong b_term,
    __global ulong *restrict c, ulong c_stride, ulong c_matrix,
    ulong inner, ulong terms, ulong first_row, ulong first_matrix,
    ulong slices, ulong slice_steps, ulong c_slice)
{
    __local ulong as[2][KT * LDA] __attribute__((aligned(16)));
    __local ulong bs[2][KT * LDB] __attribute__((aligned(16)));

    const uint x = get_local_id(0);
    const uint y = get_local_id(1);
    const uint item = y * WN + x;
    const ulong row = first_row + (ulong)get_group_id(1) * BM;
    const ulong column = (ulong)get_group_id(0) * BN;
    const ulong matrix = first_matrix + get_global_id(2) / slices;
    const ulong slice = get_global_id(2) % slices;

    // The steps of this slice: of all terms, one after another.
    const ulong steps = inner / KT;
    const ulong first_step = slice * slice_steps;
    const ulong total = min(slice_steps, steps * terms - first_step);
    const ulong term = first_step / steps;
    const ulong k_first = first_step % steps * KT;

    __global const ulong *a_next = a + matrix * a_matrix + term * a_term + row * a_stride + k_first;
#ifdef TRANSPOSED
    __global const ulong *b_next = b + matrix * b_matrix + term * b_term + column * b_stride + k_first;
#else
    __global const ulong *b_next = b + matrix * b_matrix + term * b_term + k_first * b_stride + column;
#endif

    ulong sums[TM][TN];
#pragma unroll
    for (uint i = 0; i < TM; i++)
    {
#pragma unroll
        for (uint j = 0; j < TN; j++)
        {
            sums[i][j] = 0;
        }
    }

    ulong left_in_term = steps - first_step % steps;
    ulong2 a_held[LOADS_A];
    ulong2 b_held[LOADS_B];

    for (ulong step = 0; step <= total; step++)
    {
        // The pieces of this step come from global memory into registers while the step before is computed from local memory.
        if (step < total)
        {
#pragma unroll
            for (uint l = 0; l < LOADS_A; l++)
            {
                const uint p = l * ITEMS + item;
                if (PAIRS_A % ITEMS == 0 || p < PAIRS_A)
                {
                    a_held[l] = *(__global const ulong2 *)(a_next + (p / (KT / 2)) * a_stride + (p % (KT / 2)) * 2);
                }
            }
#pragma unroll
            for (uint l = 0; l < LOADS_B; l++)
            {
                const uint p = l * ITEMS + item;
                if (PAIRS_B % ITEMS == 0 || p < PAIRS_B)
                {
#ifdef TRANSPOSED
                    b_held[l] = *(__global const ulong2 *)(b_next + (p / (KT / 2)) * b_stride + (p % (KT / 2)) * 2);
#else
                    b_held[l] = *(__global const ulong2 *)(b_next + (p / (BN / 2)) * b_stride + (p % (BN / 2)) * 2);
#endif
                }
            }
            a_next += KT;
#ifdef TRANSPOSED
            b_next += KT;
#else
            b_next += KT * b_stride;
#endif
            left_in_term--;
            if (left_in_term == 0)
            {
                left_in_term = steps;
                a_next += a_term - inner;
#ifdef TRANSPOSED
                b_next += b_term - inner;
#else
                b_next += b_term - inner * b_stride;
#endif
            }
        }

        if (step > 0)
        {
            __local const ulong *a_piece = as[(step - 1) & 1];
            __local const ulong *b_piece = bs[(step - 1) & 1];
#pragma unroll
            for (uint k = 0; k < KT; k++)
            {
                ulong2 u[TM / 2];
                ulong2 v[TN / 2];
#pragma unroll
                for (uint i = 0; i < TM / 2; i++)
                {
                    u[i] = *(__local const ulong2 *)(a_piece + k * LDA + ROW(i));
                }
#pragma unroll
                for (uint j = 0; j < TN / 2; j++)
                {
                    v[j] = *(__local const ulong2 *)(b_piece + k * LDB + COLUMN(j));
                }
#pragma unroll
                for (uint i = 0; i < TM / 2; i++)
                {
#pragma unroll
                    for (uint j = 0; j < TN / 2; j++)
                    {
                        sums[2 * i][2 * j] += u[i].x * v[j].x;
                        sums[2 * i][2 * j + 1] += u[i].x * v[j].y;
                        sums[2 * i + 1][2 * j] += u[i].y * v[j].x;
                        sums[2 * i + 1][2 * j + 1] += u[i].y * v[j].y;
                    }
                }
            }
        }

        // Written to the other half: whoever still computes reads the half of the step before. One barrier a step is enough.
        if (step < total)
        {
            __local ulong *a_piece = as[step & 1];
            __local ulong *b_piece = bs[step & 1];
#pragma unroll
            for (uint l = 0; l < LOADS_A; l++)
            {
                const uint p = l * ITEMS + item;
                if (PAIRS_A % ITEMS == 0 || p < PAIRS_A)
                {
                    a_piece[(p % (KT / 2)) * 2 * LDA + p / (KT / 2)] = a_held[l].x;
                    a_piece[((p % (KT / 2)) * 2 + 1) * LDA + p / (KT / 2)] = a_held[l].y;
                }
            }
#pragma unroll
            for (uint l = 0; l < LOADS_B; l++)
            {
                const uint p = l * ITEMS + item;
                if (PAIRS_B % ITEMS == 0 || p < PAIRS_B)
                {
#ifdef TRANSPOSED
                    b_piece[(p % (KT / 2)) * 2 * LDB + p / (KT / 2)] = b_held[l].x;
                    b_piece[((p % (KT / 2)) * 2 + 1) * LDB + p / (KT / 2)] = b_held[l].y;
#else
                    *(__local ulong2 *)(b_piece + (p / (BN / 2)) * LDB + (p % (BN / 2)) * 2) = b_held[l];
#endif
                }
            }
        }

        barrier(CLK_LOCAL_MEM_FENCE);
    }

    c += slice * c_slice + matrix * c_matrix + row * c_stride + column;
#pragma unroll
    for (uint i = 0; i < TM; i++)
    {
#pragma unroll
        for (uint j = 0; j < TN / 2; j++)
        {
            *(__global ulong2 *)(c + (ROW(i / 2) + i % 2) * c_stride + COLUMN(j)) = (ulong2)(sums[i][2 * j], sums[i][2 * j + 1]);
        }
    }
}

#else

// Without local memory, for processors, whose caches do its work: a work-item makes TM rows of eight columns. Never in slices.
__kernel __attribute__((reqd_work_group_size(WN, WM, 1))) void ring_product(
    __global const ulong *restrict a, ulong a_stride, ulong a_matrix, ulong a_term,
    __global const ulong *restrict b, ulong b_stride, ulong b_matrix, ulong b_term,
    __global ulong *restrict c, ulong c_stride, ulong c_matrix,
    ulong inner, ulong terms, ulong first_row, ulong first_matrix,
    ulong slices, ulong slice_steps, ulong c_slice)
{
    const ulong row = first_row + (ulong)get_global_id(1) * TM;
    const ulong column = (ulong)get_global_id(0) * 8;
    const ulong matrix = first_matrix + get_global_id(2);
    a += matrix * a_matrix + row * a_stride;
    b += matrix * b_matrix;

    ulong8 sums[TM];
    for (uint i = 0; i < TM; i++)
    {
        sums[i] = (ulong8)(0);
    }

    for (ulong term = 0; term < terms; term++)
    {
        for (ulong k = 0; k < inner; k++)
        {
#ifdef TRANSPOSED
            __global const ulong *p = b + column * b_stride + k;
            const ulong8 v = (ulong8)(
                p[0], p[b_stride], p[2 * b_stride], p[3 * b_stride], p[4 * b_stride], p[5 * b_stride], p[6 * b_stride], p[7 * b_stride]);
#else
            const ulong8 v = vload8(0, b + k * b_stride + column);
#endif
#pragma unroll
            for (uint i = 0; i < TM; i++)
            {
                sums[i] += a[i * a_stride + k] * v;
            }
        }

        a += a_term;
        b += b_term;
    }

    c += matrix * c_matrix + row * c_stride + column;
    for (uint i = 0; i < TM; i++)
    {
        vstore8(sums[i], 0, c + i * c_stride);
    }
}

#endif

// c = the sum of the slices, where the first stands.
__kernel void sum_slices(__global ulong *c, ulong first, ulong slices, ulong c_slice)
{
    c += first + get_global_id(0);
    ulong sum = c[0];
    for (ulong slice = 1; slice < slices; slice++)
    {
        sum += c[slice * c_slice];
    }

    c[0] = sum;
}
