using System.Reflection;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Sessions made insecure on purpose, for tests that must tell.</summary>
internal static class InsecureSessions
{
    /// <summary>
    /// Gives all pairs of parties the same key, zero, by reflection into private fields: the library has no way to ask for it. Then a zero share, the difference of
    /// two pairs' streams, is zero itself, while masks that stand alone stay masks and results stay right.
    /// </summary>
    public static ReplicatedSession WithoutZeroShares(ReplicatedSession session)
    {
        foreach (string field in new[] { "_withNext", "_withPrevious" })
        {
            object randomness = typeof(ReplicatedSession).GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(session)!;
            var key = (byte[])randomness.GetType().GetField("_key", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(randomness)!;
            Array.Clear(key);
        }

        return session;
    }
}
