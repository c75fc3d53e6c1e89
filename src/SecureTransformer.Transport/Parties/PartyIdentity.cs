using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecureTransformer.Transport;

/// <summary>
/// The key by which a party or client is known: ECDSA over P-256 in a self-signed certificate. Others know it by its
/// <see cref="Fingerprint"/> alone; names, chains and dates in certificates are not consulted. Never prints its key.
/// </summary>
public sealed class PartyIdentity : IDisposable
{
    private const long MaxFileLength = 1 << 16;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private PartyIdentity(X509Certificate2 certificate)
    {
        Certificate = certificate;
        TlsContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        Fingerprint = FingerprintOf(certificate);
    }

    /// <summary>The SHA-256 of the certificate's SubjectPublicKeyInfo, as 64 lower-case hexadecimal digits.</summary>
    public string Fingerprint { get; }

    internal X509Certificate2 Certificate { get; }

    internal SslStreamCertificateContext TlsContext { get; }

    /// <summary>Makes a new key.</summary>
    /// <param name="name">The certificate's common name, for people: 1 to 64 letters, digits, dots, dashes, underscores, spaces.</param>
    /// <returns>The identity.</returns>
    /// <exception cref="ArgumentException">The name has other characters or another length.</exception>
    public static PartyIdentity Create(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ' '))
        {
            throw new ArgumentException("A name has 1 to 64 letters, digits, dots, dashes, underscores or spaces.", nameof(name));
        }

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        OidCollection usages = [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(100));
        byte[] file = certificate.Export(X509ContentType.Pkcs12);
        try
        {
            return new PartyIdentity(LoadPkcs12(file));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
        }
    }

    /// <summary>Reads an identity that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The PKCS#12 file, which only its owner may be able to read (checked on Unix).</param>
    /// <returns>The identity.</returns>
    /// <exception cref="InvalidDataException">The file is not such a file, or others may read it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PartyIdentity Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & ~(OwnerOnly | UnixFileMode.UserExecute)) != 0)
        {
            throw new InvalidDataException($"The key file '{path}' can be read or written by others than its owner; make it private (chmod 600).");
        }

        if (stream.Length is 0 or > MaxFileLength)
        {
            throw new InvalidDataException($"The key file '{path}' has {stream.Length} bytes; a PKCS#12 file with one key has 1 to {MaxFileLength}.");
        }

        byte[] file = new byte[stream.Length];
        try
        {
            stream.ReadExactly(file);
            X509Certificate2 certificate = LoadPkcs12(file);
            using ECDsa? key = certificate.GetECDsaPrivateKey();
            if (key is not { KeySize: 256 })
            {
                certificate.Dispose();
                throw new InvalidDataException($"The key file '{path}' does not hold a P-256 private key.");
            }

            return new PartyIdentity(certificate);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"The key file '{path}' is not a PKCS#12 file without password.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
        }
    }

    /// <summary>Whether a text has the form of a fingerprint: 64 lower-case hexadecimal digits.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True if it has.</returns>
    public static bool IsFingerprint(string? text) =>
        text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Writes the identity, private key included, to a new file that only its owner can read.</summary>
    /// <param name="path">A file that does not exist yet.</param>
    /// <exception cref="IOException">The file exists or cannot be written.</exception>
    /// <remarks>On Windows the file inherits the permissions of its folder, which should be private.</remarks>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        byte[] file = Certificate.Export(X509ContentType.Pkcs12);
        try
        {
            using FileStream stream = new(path, options);
            stream.Write(file);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
        }
    }

    /// <summary>The fingerprint, never the key.</summary>
    /// <returns>The fingerprint.</returns>
    public override string ToString() => Fingerprint;

    /// <summary>Frees the key.</summary>
    public void Dispose() => Certificate.Dispose();

    internal static string FingerprintOf(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    // Keys stay out of the disk's key stores, except where the TLS of the system cannot use such keys.
    private static X509Certificate2 LoadPkcs12(byte[] file) => X509CertificateLoader.LoadPkcs12(
        file,
        null,
        X509KeyStorageFlags.Exportable | (OperatingSystem.IsLinux() ? X509KeyStorageFlags.EphemeralKeySet : X509KeyStorageFlags.DefaultKeySet));
}
