namespace SecureTransformer.Protocols.Tests;

public sealed class ShamirSessionContractOfThree() : SessionContract(MpcProtocol.Shamir, 3, threshold: 1);

public sealed class ShamirSessionContractOfFour() : SessionContract(MpcProtocol.Shamir, 4, threshold: 1);

#if SHAMIR_MATRIX

public sealed class ShamirSessionContractOfFiveAndTwo() : SessionContract(MpcProtocol.Shamir, 5, threshold: 2);

public sealed class ShamirSessionContractOfSevenAndTwo() : SessionContract(MpcProtocol.Shamir, 7, threshold: 2);

public sealed class ShamirSessionContractOfSevenAndThree() : SessionContract(MpcProtocol.Shamir, 7, threshold: 3);

public sealed class ShamirSessionContractOfTenAndThree() : SessionContract(MpcProtocol.Shamir, 10, threshold: 3);

public sealed class ShamirSessionContractOfTenAndFour() : SessionContract(MpcProtocol.Shamir, 10, threshold: 4);

#endif
