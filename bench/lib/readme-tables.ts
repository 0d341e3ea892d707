// ReadmeTables: the tables of a run, put into bench/README.md where those of an earlier run stand. Tables have their
// title in a line `### title`; between the two marks each of the run takes the place of the one with its title, new
// ones stand at the end, and what was not measured again stays. Everything outside of the marks is for people to write.
// Bounded by the file.

const [begin, end] = ['<!-- tables of npm run bench -->', '<!-- end of tables -->'];

/** A file with the tables of a run in it. Throws if the marks are not there. */
export function withTables(text: string, lines: readonly string[]): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the file has no place for tables: ${begin} and ${end}`);
  const tables = new Map([...tablesOf(text.slice(from + begin.length, to).split('\n')), ...tablesOf(lines)]);
  return `${text.slice(0, from)}${begin}\n\n${[...tables.values()].join('\n\n')}\n\n${text.slice(to)}`;
}

/** Each table by its title line, without empty lines around it. */
function tablesOf(lines: readonly string[]): readonly (readonly [title: string, table: string])[] {
  const starts = lines.flatMap((line, index) => (line.startsWith('### ') ? [index] : []));
  return starts.map((start, index) => [
    lines[start] ?? '',
    lines
      .slice(start, starts[index + 1])
      .join('\n')
      .trim(),
  ]);
}
