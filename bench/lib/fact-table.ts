// FactTable: what was found of several brokers beside traffic, as a table of medians in Markdown.
// Bounded by the brokers and the fields.
import { medianOf, shown } from './statistics.ts';

/** A row: how it is called for people, and the field that holds its numbers. */
export type Fact<Result> = readonly [title: string, field: keyof Result & string];

/** The lines of a table under a title; none without results. */
export function factTable<Result extends object>(
  title: string,
  facts: readonly Fact<Result>[],
  results: ReadonlyMap<string, readonly Result[]>,
): readonly string[] {
  if (results.size === 0) return [];
  const names = [...results.keys()];
  const rows = facts.map(([fact, field]) => {
    const cells = names.map((name) => shown(medianOf((results.get(name) ?? []).map((one) => Number(one[field])))));
    return `| ${fact} | ${cells.join(' | ')} |`;
  });
  return [`### ${title}`, '', `| | ${names.join(' | ')} |`, `|---|${'---:|'.repeat(names.length)}`, ...rows, ''];
}
