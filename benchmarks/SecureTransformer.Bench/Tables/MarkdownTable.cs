using System.Text;

namespace SecureTransformer.Bench;

/// <summary>Rows of cells as Markdown.</summary>
internal sealed class MarkdownTable
{
    private readonly StringBuilder _text = new();
    private readonly int _columns;

    public MarkdownTable(params string[] head)
    {
        _columns = head.Length;
        Add(head);
        _text.Append('|').Insert(_text.Length, "---|", _columns).Append('\n');
    }

    /// <exception cref="ArgumentException">The row has more or fewer cells than the head.</exception>
    public void Add(params string[] cells)
    {
        if (cells.Length != _columns)
        {
            throw new ArgumentException($"A row of {cells.Length} cells under {_columns} columns.", nameof(cells));
        }

        _text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    public override string ToString() => _text.ToString();
}
