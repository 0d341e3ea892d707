// FilterRelations: what two filters have in common, decided on the filters alone. Valid filters without share prefix;
// names in braces are wildcards already. Topics that start with `$` are only matched by filters that start with it
// [MQTT-4.7.2-1] [MQTT3-4.7.2-1].
import { isSystemTopic } from './topic-name.ts';

/** Whether every topic that `narrow` matches is matched by `wide` too. */
export function filterCovers(wide: string, narrow: string): boolean {
  if (isSystemTopic(wide) !== isSystemTopic(narrow) && !(isWild(wide) && isWild(narrow))) {
    // a wildcard in front never matches `$...`, and `$...` never an ordinary topic
    return false;
  }
  // a topic has at least one level: these two are the same
  const outer = (wide === '+/#' ? '#' : wide).split('/');
  const inner = narrow.split('/');
  for (const [index, level] of outer.entries()) {
    if (level === '#') return true;
    const other = inner[index];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return outer.length === inner.length;
}

/** Whether there is a topic that both match. */
export function filtersOverlap(one: string, other: string): boolean {
  if ((isSystemTopic(one) && isWild(other)) || (isSystemTopic(other) && isWild(one))) return false;
  return levelsOverlap(one.split('/'), other.split('/'), 0);
}

/** The filter that matches exactly the topics that both match; undefined where there is none. */
export function filterIntersection(one: string, other: string): string | undefined {
  if (!filtersOverlap(one, other)) return undefined;
  const [left, right] = [one.split('/'), other.split('/')];
  const levels: string[] = [];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [mine, theirs] = [left[index], right[index]];
    // what one of them leaves open, the other says; `a/#` and `a` have `a` alone
    if (mine === '#') return [...levels, ...right.slice(index)].join('/');
    if (theirs === '#') return [...levels, ...left.slice(index)].join('/');
    levels.push((mine === '+' ? theirs : mine) ?? '');
  }
  return levels.join('/');
}

function levelsOverlap(one: readonly string[], other: readonly string[], index: number): boolean {
  const [left, right] = [one[index], other[index]];
  if (left === undefined && right === undefined) return true;
  // `#` matches the level above as well
  if (left === '#' || right === '#') return true;
  if (left === undefined || right === undefined) return false;
  return (left === right || left === '+' || right === '+') && levelsOverlap(one, other, index + 1);
}

function isWild(filter: string): boolean {
  return filter.startsWith('+') || filter.startsWith('#');
}
