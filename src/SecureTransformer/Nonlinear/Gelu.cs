using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>GELU, in its exact and its tanh form, and two published approximations under their own names.</summary>
public static class Gelu
{
    /// <summary>x Phi(x), by our own fits: error 7.3e-5 everywhere.</summary>
    public static EvenRemainderFunction Erf { get; } = new(
        "gelu", 7.3e-5, 4,
        new PolynomialScheme(
            3, 1, 20,
            new PolynomialStep(40, 20, 0, [new(1, 0, 0)]),
            new PolynomialStep(58, 20, 0.21039805495670866, [new(0.12142562866210938, 1, 1), new(-0.18716812133789062, 1, 0), new(0.07837427410777309, 1), new(-0.14318012344665476, 0)]),
            new PolynomialStep(58, 18, 1.451892604219137, [new(-1, 2, 2), new(0.056613922119140625, 1, 0), new(-0.17450031467160443, 1), new(0.6723064113502915, 0)])),
        new HarmonicSum(
            3, 0.6042394398146338, 0.5, 4,
            [-0.481392631679808, -0.10229185974120829, -0.018396048939154044, -0.0019690345411945143, -0.00019277384880699716]),
        -6.33e-5,
        ExactErf);

    /// <summary>x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, called gelu_new by Hugging Face, by our own fits: error 5.6e-5 everywhere.</summary>
    public static EvenRemainderFunction Tanh { get; } = new(
        "gelu_tanh", 5.6e-5, 4,
        new PolynomialScheme(
            3, 1, 20,
            new PolynomialStep(40, 20, 0, [new(1, 0, 0)]),
            new PolynomialStep(58, 20, 0.22922911034180732, [new(0.14984893798828125, 1, 1), new(-0.15311050415039062, 1, 0), new(0.05170465933770174, 1), new(-0.1550351489095192, 0)]),
            new PolynomialStep(58, 18, 1.4605921130043071, [new(-1, 2, 2), new(0.07316970825195312, 1, 0), new(-0.18006474794674432, 1), new(0.6612969110501581, 0)])),
        new HarmonicSum(
            3, 0.6043093543496412, 0.5, 4,
            [-0.4816112394673396, -0.10231772112809445, -0.018172398873750772, -0.0020071103793345355, -0.0001918388166974802]),
        -3.5e-5,
        ExactTanh);

    /// <summary>PUMA's approximation of x Phi(x) (Dong et al., arXiv 2307.12533, section 4.1), for comparison: error 0.02.</summary>
    public static PiecewisePolynomial Puma { get; } = new(
        "gelu_puma", "Dong et al., PUMA, arXiv 2307.12533", 0.0201,
        [-4, -1.95, 3],
        [
            [0],
            [-0.5054031199708174, -0.42226581151983866, -0.11807612951181953, -0.011034134030615728],
            [0.008526321541038084, 0.5, 0.3603292692789629, 0, -0.037688200365904236, 0, 0.0018067462606141187],
            [0, 1],
        ],
        ExactErf);

    /// <summary>
    /// x^2 / 8 + x / 4 + 1 / 2, the activation of models distilled as in MPCFormer's paper (Li et al., arXiv 2211.01452, section 4.1). Not an approximation of GELU;
    /// the authors' benchmark code evaluates <see cref="QuadOfBenchmark"/> instead. |x| below 2^12 at 18 fractional bits.
    /// </summary>
    public static PiecewisePolynomial Quad { get; } = new(
        "gelu_quad", "Li et al., MPCFormer, arXiv 2211.01452", 4e-6, [], [[0.5, 0.25, 0.125]], x => (0.125 * x * x) + (0.25 * x) + 0.5);

    /// <summary>
    /// x^2 / 8 + x / 2 + 1 / 4: the coefficients of MPCFormer's published benchmark code, which are not the paper's (<see cref="Quad"/>). A model distilled with the one is wrong with
    /// the other. |x| below 2^12 at 18 fractional bits.
    /// </summary>
    public static PiecewisePolynomial QuadOfBenchmark { get; } = new(
        "gelu_quad_benchmark", "Li et al., MPCFormer, arXiv 2211.01452, published benchmark", 4e-6, [], [[0.25, 0.5, 0.125]], x => (0.125 * x * x) + (0.5 * x) + 0.25);

    private static double ExactErf(double x) => 0.5 * x * ErrorFunction.Complement(-x / Math.Sqrt(2));

    private static double ExactTanh(double x) => x * Sigmoid.Logistic(2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)));
}
