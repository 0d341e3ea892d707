// Pages: parts of lists. Every list that the API tells comes in pages, so that no answer is larger than its reader
// asked for, whatever the broker holds.
// Bounded by `limitMax` items a page.
import * as v from 'valibot';
import type { Page } from './api-types.ts';

const limitMax = 1000;

/** A whole number from a query, with a default. */
export function wholeParameter(
  least: number,
  most: number,
  standard: number,
): v.GenericSchema<string | undefined, number> {
  const expected = `expected a whole number from ${least} to ${most}`;
  return v.pipe(
    v.optional(v.pipe(v.string(), v.regex(/^\d{1,15}$/, expected)), String(standard)),
    v.transform(Number),
    v.minValue(least, expected),
    v.maxValue(most, expected),
  );
}

/** Entries of a query that asks for a page. */
export const pageQuery: {
  readonly page: v.GenericSchema<string | undefined, number>;
  readonly limit: v.GenericSchema<string | undefined, number>;
} = { page: wholeParameter(1, 1_000_000, 1), limit: wholeParameter(1, limitMax, 50) };

/** true or false in a query. */
export const flagParameter: v.GenericSchema<string | undefined, boolean | undefined> = v.optional(
  v.pipe(
    v.picklist(['true', 'false'], 'expected true or false'),
    v.transform((text) => text === 'true'),
  ),
);

/** The schema of a page of something. */
export function pageOf(item: v.GenericSchema): v.GenericSchema {
  return v.strictObject({ items: v.array(item), page: v.number(), limit: v.number(), total: v.number() });
}

/** One page of what passes a filter; the rest is counted and not kept. */
export function onePage<Item>(
  all: Iterable<Item>,
  { page, limit }: { readonly page: number; readonly limit: number },
  isWanted: (item: Item) => boolean = () => true,
): Page<Item> {
  const items: Item[] = [];
  let total = 0;
  const first = (page - 1) * limit;
  for (const item of all) {
    if (!isWanted(item)) continue;
    if (total >= first && items.length < limit) items.push(item);
    total++;
  }
  return { items, page, limit, total };
}
