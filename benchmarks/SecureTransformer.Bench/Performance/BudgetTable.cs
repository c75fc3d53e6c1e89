using System.Globalization;

namespace SecureTransformer.Bench;

/// <summary>The budget as Markdown: what each operation must take, what it took, and the ratio.</summary>
internal static class BudgetTable
{
    public static string Format(IReadOnlyList<BudgetRow> rows, MeasuredRates rates, bool tls)
    {
        var table = new MarkdownTable(
            "Operation", "multiply-adds, 10^6", "MB", "rounds", "floor, ms", "of it products", "AES", "passes", "channels", "rounds", "measured, ms", "measured / floor");
        BudgetFloor[] floors = [.. rows.Select(row => row.FloorOn(rates, tls))];
        for (int i = 0; i < rows.Count; i++)
        {
            Add(rows[i], floors[i]);
        }

        Add(
            new BudgetRow("**all**", rows.Sum(r => r.MultiplyAdds), false, rows.Sum(r => r.Elements), rows.Sum(r => r.Bytes), rows.Sum(r => r.Rounds), rows.Sum(r => r.Seconds)),
            floors.Aggregate((x, y) => x + y));
        return table.ToString();

        void Add(BudgetRow row, BudgetFloor floor) => table.Add(
            row.Operation,
            Text($"{row.MultiplyAdds / 1e6:N1}"),
            Text($"{row.Bytes / 1e6:N1}"),
            Text($"{row.Rounds}"),
            Milliseconds(floor.Seconds),
            Milliseconds(floor.Multiply),
            Milliseconds(floor.Randomness),
            Milliseconds(floor.Passes),
            Milliseconds(floor.Channels),
            Milliseconds(floor.Rounds),
            Milliseconds(row.Seconds),
            floor.Seconds == 0 ? "" : Text($"{row.Seconds / floor.Seconds:F1}"));
    }

    private static string Milliseconds(double seconds) => Text($"{seconds * 1e3:N1}");

    private static string Text(FormattableString cell) => cell.ToString(CultureInfo.InvariantCulture);
}
