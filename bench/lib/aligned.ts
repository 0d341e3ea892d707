// Aligned: tables in Markdown as people read them on a terminal: columns as wide as their widest cell, numbers to the
// right. What is no table stays as it is. Bounded by the lines.

/** Lines with their tables aligned. */
export function alignedTables(lines: readonly string[]): readonly string[] {
  const out: string[] = [];
  let table: string[] = [];
  for (const line of [...lines, '']) {
    if (line.startsWith('|')) {
      table.push(line);
      continue;
    }
    out.push(...aligned(table), line);
    table = [];
  }
  return out.slice(0, -1);
}

function aligned(table: readonly string[]): readonly string[] {
  const rows = table.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  const isRule = (row: readonly string[]): boolean => row.every((cell) => /^-+:?$/.test(cell));
  const rule = rows.find(isRule) ?? [];
  const texts = rows.filter((row) => !isRule(row));
  const widths = rule.map((_cell, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    if (isRule(row)) return widths.map((width) => '─'.repeat(width)).join('  ');
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return rule[column]?.endsWith(':') ? cell.padStart(width) : cell.padEnd(width);
    });
    return cells.join('  ').trimEnd();
  });
}
