// FactTable: what was found of several brokers beside traffic, as a table of medians in Markdown, and whether Viaduct
// met the goals that there are: the bundle where it was measured, else the package.
// Bounded by the brokers and the fields.
import type { Bound } from './goals.ts';
import { medianOf, shown } from './statistics.ts';

/** A row: how it is called for people, the field that holds its numbers, and what Viaduct is to have at most. */
export type Fact<Result> = readonly [title: string, field: keyof Result & string, most?: number];

/** The lines of a table under a title; none without results. */
export function factTable<Result extends object>(
  title: string,
  facts: readonly Fact<Result>[],
  results: ReadonlyMap<string, readonly Result[]>,
): readonly string[] {
  if (results.size === 0) return [];
  const names = [...results.keys()];
  const rows = facts.map(([fact, field, most]) => {
    const cells = names.map((name) => shown(medianIn(results, name, field)));
    const ours = oursOf(results, field);
    const met = most !== undefined && ours <= most ? 'met' : '**missed**';
    const goal = most === undefined || Number.isNaN(ours) ? '' : `${shown(most)} ${met}`;
    return `| ${fact} | ${cells.join(' | ')} | ${goal} |`;
  });
  const head = `| | ${names.join(' | ')} | goal |`;
  return [`### ${title}`, '', head, `|---|${'---:|'.repeat(names.length)}---|`, ...rows, ''];
}

/** Those of the facts that have a goal, with what was found of Viaduct. */
export function boundsOf<Result extends object>(
  facts: readonly Fact<Result>[],
  results: ReadonlyMap<string, readonly Result[]>,
): readonly Bound[] {
  return facts.flatMap(([what, field, most]) =>
    most === undefined ? [] : [{ what, most, found: oursOf(results, field) }],
  );
}

function oursOf<Result>(results: ReadonlyMap<string, readonly Result[]>, field: keyof Result): number {
  return medianIn(results, results.has('bundle') ? 'bundle' : 'viaduct', field);
}

function medianIn<Result>(results: ReadonlyMap<string, readonly Result[]>, name: string, field: keyof Result): number {
  return medianOf((results.get(name) ?? []).map((one) => Number(one[field])));
}
