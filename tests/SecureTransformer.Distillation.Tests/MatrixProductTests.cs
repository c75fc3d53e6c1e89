using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation;

public class MatrixProductTests
{
    [Fact]
    public void Products_of_any_shape_are_sums_in_order()
    {
        using AesCtrPrg random = RandomSource.Create(3, 3);
        foreach (int m in (int[])[1, 3, 4, 9])
        {
            foreach (int k in (int[])[1, 2, 17])
            {
                foreach (int n in (int[])[1, 15, 16, 32, 33, 70])
                {
                    float[] a = Values(m * (k + 2)), b = Values(k * (n + 1)), c = Values(m * (n + 3));
                    float[] expected = [.. c];
                    for (int i = 0; i < m; i++)
                    {
                        for (int j = 0; j < n; j++)
                        {
                            for (int p = 0; p < k; p++)
                            {
                                expected[(i * (n + 3)) + j] += a[(i * (k + 2)) + p] * b[(p * (n + 1)) + j];
                            }
                        }
                    }

                    MatrixProduct.AddProduct<float>(a, k + 2, b, n + 1, c, n + 3, m, k, n);
                    Assert.Equal(expected, c);
                }
            }
        }

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)RandomSource.Normal(random))];
    }

    [Fact]
    public void The_normal_distribution_is_exact_to_ten_digits()
    {
        // Phi at 0, 1 and 2, and far out (Abramowitz and Stegun, table 26.1).
        Assert.Equal(0.5, NormalDistribution.Cumulative(0), 1e-10);
        Assert.Equal(0.841344746068543, NormalDistribution.Cumulative(1), 1e-10);
        Assert.Equal(0.977249868051821, NormalDistribution.Cumulative(2), 1e-10);
        Assert.Equal(1 - 0.977249868051821, NormalDistribution.Cumulative(-2), 1e-10);
        Assert.Equal(0.841344746068543 - (0.01 * NormalDistribution.Density(1)), NormalDistribution.Cumulative(0.99), 2e-5);
        Assert.Equal(0, NormalDistribution.Cumulative(-20));
        Assert.Equal(1, NormalDistribution.Cumulative(20));
    }
}
