// FilterCover: the fewest of some filters that match everything that all of them match: a filter that another one
// covers is left out. Filters stand in a tree of their levels, so that each is looked up along its own levels and the
// wildcards beside them, not compared with every other. Bounded by the filters.
import { isSystemTopic } from './topic-name.ts';

/** One level of the tree: what follows it, and the filter that ends here. */
interface Level {
  readonly below: Map<string, Level>;
  filter: string | undefined;
}

/**
 * For each of these valid filters (without share prefix), by itself, the one of them that stands for it: itself, or one
 * that covers it and is covered by none.
 */
export function coverOf(filters: Iterable<string>): ReadonlyMap<string, string> {
  const root = newLevel();
  const all = new Set(filters);
  // [MQTT-4.7.1-1] a topic has at least one level: `+/#` is `#`, and only one of them can stand for the other
  const isTwice = all.has('#');
  for (const filter of all) if (filter !== '+/#' || !isTwice) add(root, filter);
  const wider = new Map<string, string>();
  for (const filter of all) {
    const found = findWider(root, { filter, levels: filter.split('/') }, 0);
    if (found !== undefined) wider.set(filter, found);
  }
  const cover = new Map<string, string>();
  for (const filter of all) {
    let top = filter;
    for (let next = wider.get(top); next !== undefined; next = wider.get(top)) top = next;
    cover.set(filter, top);
  }
  return cover;
}

function newLevel(): Level {
  return { below: new Map(), filter: undefined };
}

function add(root: Level, filter: string): void {
  let level = root;
  for (const text of filter.split('/')) {
    const next = level.below.get(text) ?? newLevel();
    level.below.set(text, next);
    level = next;
  }
  level.filter = filter;
}

/** Another filter in the tree that covers this one. */
function findWider(
  level: Level,
  wanted: { readonly filter: string; readonly levels: readonly string[] },
  index: number,
): string | undefined {
  const { filter, levels } = wanted;
  const text = levels[index];
  // [MQTT-4.7.2-1] [MQTT3-4.7.2-1] a wildcard in front does not match a topic that starts with `$`
  const mayBeWild = index > 0 || !isSystemTopic(filter);
  const rest = mayBeWild ? level.below.get('#')?.filter : undefined;
  if (rest !== undefined && rest !== filter) return rest;
  if (text === undefined) return level.filter === filter ? undefined : level.filter;
  if (text === '#') return undefined;
  const plus = mayBeWild ? level.below.get('+') : undefined;
  const exact = text === '+' ? undefined : level.below.get(text);
  return (plus && findWider(plus, wanted, index + 1)) ?? (exact && findWider(exact, wanted, index + 1)) ?? undefined;
}
