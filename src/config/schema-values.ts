// SchemaValues: the kinds of values that a configuration has. Every scalar arrives as text; each kind
// says in one sentence what it expected, and a value without the unit that it needs is an error,
// never a silent default.
import * as v from 'valibot';
import { topicTextFault } from '../../protocol/topic/topic-name.ts';
import { parseDuration, parseSize } from './units.ts';

/** What is said of anything that should be an object. */
export const objectExpected = 'expected an object: { key = value ... }';

/** Anything but an array, which the kinds of objects would take for one. */
export const noArray: Kind<unknown> = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value), objectExpected),
);

/** A kind of value: from text to what it means. */
export type Kind<Value> = v.GenericSchema<unknown, Value>;

/** A kind out of a reader, which returns undefined for what it does not understand. */
export function kindOf<Value>(expected: string, read: (text: string) => Value | undefined): Kind<Value> {
  return v.pipe(
    v.string(`expected ${expected}`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value.trim());
      if (value !== undefined) return value;
      addIssue({ message: `expected ${expected}` });
      return NEVER;
    }),
  );
}

/** Any text that MQTT can carry: no NUL, no half of a surrogate pair, at most 65535 bytes of UTF-8. */
export const text: v.GenericSchema<string> = checkedText((value) => (value === '' ? undefined : topicTextFault(value)));

/** A text with a check, which says what the text is or has that it must not. */
export function checkedText(faultOf: (value: string) => string | undefined): v.GenericSchema<string> {
  return v.pipe(
    v.string('expected a text'),
    v.rawCheck(({ dataset, addIssue }) => {
      const fault = dataset.typed ? faultOf(dataset.value) : undefined;
      if (fault !== undefined) addIssue({ message: `expected another text: this one ${fault}` });
    }),
  );
}

/** A whole number within bounds. */
export function whole(least: number, most: number): Kind<number> {
  return kindOf(`a whole number from ${least} to ${most}`, (value) => {
    const number = Number(value);
    return /^\d+$/.test(value) && number >= least && number <= most ? number : undefined;
  });
}

/** A number within bounds, with or without decimals. */
export function decimal(least: number, most: number): Kind<number> {
  return kindOf(`a number from ${least} to ${most}`, (value) => {
    const number = Number(value);
    return /^\d+(\.\d+)?$/.test(value) && number >= least && number <= most ? number : undefined;
  });
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['on', true],
  ['off', false],
  ['yes', true],
  ['no', false],
  ['1', true],
  ['0', false],
]);

/** true or false, also as on/off, yes/no, 1/0. */
export const flag: Kind<boolean> = kindOf('true or false', (value) => flags.get(value.toLowerCase()));

/** One of a list of words, each with its meaning. */
export function oneOf<Value>(meanings: Readonly<Record<string, Value>>): Kind<Value> {
  return kindOf(`one of ${Object.keys(meanings).join(', ')}`, (value) =>
    Object.hasOwn(meanings, value) ? meanings[value] : undefined,
  );
}

/** A quality of service. */
export const qos: Kind<0 | 1 | 2> = oneOf({ '0': 0, '1': 1, '2': 2 });

/** A time with its unit, in ms, within bounds that are written like it: `300ms`, `60s`, `5m`, `1h30m`, `1d`. */
export function duration(least: string, most: string): Kind<number> {
  const expected = `a time with its unit, as 300ms, 60s, 5m, 1h or 1d, from ${least} to ${most}`;
  return kindOf(expected, withinTimes(least, most));
}

/** How long messages may wait: no longer than a machine is believed to have been off. */
export const queueAge: Kind<number> = duration('1s', '3650d');

/** The same, but a bare number means ms: for the few keys that EMQX Edge writes as bare numbers. */
export function milliseconds(least: string, most: string): Kind<number> {
  const isWithin = withinTimes(least, most);
  return kindOf(`a time, as 5000 (ms) or 5s, from ${least} to ${most}`, (value) =>
    isWithin(/^\d+$/.test(value) ? `${value}ms` : value),
  );
}

function withinTimes(least: string, most: string): (value: string) => number | undefined {
  const bounds = { least: parseDuration(least) ?? 0, most: parseDuration(most) ?? 0 };
  return (value) => {
    const time = parseDuration(value);
    return time !== undefined && time >= bounds.least && time <= bounds.most ? time : undefined;
  };
}

/** A size in bytes, within bounds that are written like it: `10MB`, `64KB`, `1024`. */
export function size(least: string, most: string): Kind<number> {
  const bounds = { least: parseSize(least) ?? 0, most: parseSize(most) ?? 0 };
  return kindOf(`a size, as 65536, 64KB or 10MB, from ${least} to ${most}`, (value) => {
    const bytes = parseSize(value);
    return bytes !== undefined && bytes >= bounds.least && bytes <= bounds.most ? bytes : undefined;
  });
}

/** Something that this version does not do: only its being switched off is accepted. */
export const switchedOff: Kind<undefined> = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    if (isOff(dataset.value)) return undefined;
    addIssue({ message: 'this is not available in this version; remove it or switch it off (enable = false)' });
    return NEVER;
  }),
);

/** False, nothing, an object with `enable = false`, or one whose every part is off. */
function isOff(value: unknown): boolean {
  if (typeof value === 'string') return flags.get(value.toLowerCase()) === false || value === '';
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object' || value === null) return false;
  if ('enable' in value) return isOff(value.enable);
  const parts: readonly unknown[] = Object.values(value);
  return parts.every((part) => typeof part === 'object' && isOff(part));
}

/** A key that is accepted and means nothing here; a note says why. */
export const ignored: Kind<undefined> = v.pipe(
  v.unknown(),
  v.transform(() => undefined),
);

/** The same where the value must make sense all the same: who writes it means something. */
export function unused(kind: Kind<unknown>): Kind<undefined> {
  return v.pipe(
    kind,
    v.transform(() => undefined),
  );
}

/** Where an issue stands that is about one key of an object. */
export function keyPath(object: object, key: string): v.ObjectPathItem {
  const entries: Readonly<Record<string, unknown>> = { ...object };
  return { type: 'object', origin: 'value', input: entries, key, value: entries[key] };
}

/** Objects by their names, each of one kind. */
export function mapOf<Value>(kind: Kind<Value>): Kind<Readonly<Record<string, Value>>> {
  return v.pipe(noArray, v.record(v.string(), kind, objectExpected));
}

/** A map of texts, in the order in which they were written. */
export const textMap: Kind<readonly (readonly [string, string])[]> = v.pipe(
  noArray,
  v.record(text, text, objectExpected),
  v.transform((map) => Object.entries(map)),
);

/** One text, or several in an array, each of one kind. */
export function texts<Value>(kind: Kind<Value>): Kind<readonly Value[]> {
  return v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === 'string' ? [value] : value)),
    v.array(kind, 'expected a text or an array of texts'),
  );
}

/** An object with exactly these keys; every unknown one is told (`expected: never`), with what was probably meant. */
export function section<Entries extends v.ObjectEntries>(
  entries: Entries,
): Kind<v.InferOutput<v.ObjectSchema<Entries, undefined>>> {
  const known = Object.keys(entries);
  return v.pipe(
    noArray,
    v.looseObject(entries, (issue) =>
      issue.received === 'undefined' ? 'expected a value: this key is required' : objectExpected,
    ),
    v.rawCheck(({ dataset, addIssue }) => {
      if (typeof dataset.value !== 'object' || dataset.value === null) return;
      for (const [key, value] of Object.entries(dataset.value)) {
        if (known.includes(key)) continue;
        addIssue({
          message: unknownKey(key, known),
          expected: 'never',
          path: [{ type: 'object', origin: 'key', input: { ...dataset.value }, key, value }],
        });
      }
    }),
  );
}

function unknownKey(key: string, known: readonly string[]): string {
  const [best] = known
    .map((name) => ({ name, most: Math.max(1, Math.floor(name.length / 3)) }))
    .filter(({ name, most }) => Math.abs(name.length - key.length) <= most)
    .map(({ name, most }) => ({ name, most, distance: distanceOf(key, name) }))
    .filter(({ most, distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance);
  if (best) return `unknown key; did you mean ${best.name}?`;
  return `unknown key; expected one of ${known.join(', ')}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that make one word of another. */
function distanceOf(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const cost = one[row - 1] === other[column - 1] ? 0 : 1;
      let best = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + cost);
      const isSwap = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwap) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
}
