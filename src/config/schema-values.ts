// SchemaValues: the kinds of values that a configuration has. Every scalar arrives as text; each kind says in one sentence what it
// expected, and a value without the unit that it needs is an error, never a silent default.
import * as v from 'valibot';

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

/** Any text. */
export const text: Kind<string> = v.string('expected a text');

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

const flags: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  on: true,
  off: false,
  yes: true,
  no: false,
  '1': true,
  '0': false,
};

/** true or false, also as on/off, yes/no, 1/0. */
export const flag: Kind<boolean> = kindOf('true or false', (value) => flags[value.toLowerCase()]);

/** One of a list of words, each with its meaning. */
export function oneOf<Value>(meanings: Readonly<Record<string, Value>>): Kind<Value> {
  return kindOf(`one of ${Object.keys(meanings).join(', ')}`, (value) => meanings[value]);
}

/** A quality of service. */
export const qos: Kind<0 | 1 | 2> = oneOf({ '0': 0, '1': 1, '2': 2 });

const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time with its unit, in ms: `300ms`, `60s`, `5m`, `1h30m`, `1d`. */
export const duration: Kind<number> = kindOf('a time with its unit, as 300ms, 60s, 5m, 1h or 1d', (value) => {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of value.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (millisecondsOf[unit] ?? 0);
  }
  return total;
});

/** A number of ms, with or without the unit: for the few keys that EMQX Edge writes as bare numbers. */
export const milliseconds: Kind<number> = kindOf('a time, as 5000 (ms) or 5s', (value) => {
  if (/^\d+$/.test(value)) return Number(value);
  const parsed = v.safeParse(duration, value);
  return parsed.success ? parsed.output : undefined;
});

const bytesOf: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** A size, in bytes: `10MB`, `64KB`, `1024`. */
export const size: Kind<number> = kindOf('a size, as 65536, 64KB or 10MB', (value) => {
  const match = /^(\d+)\s*([kmg]?b)?$/i.exec(value);
  const factor = bytesOf[match?.[2]?.toLowerCase() ?? ''];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
});

/** Something that this version does not do: only its being switched off is accepted. */
export const switchedOff: Kind<undefined> = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    if (isOff(dataset.value)) return undefined;
    addIssue({ message: 'this is not available in this version; remove it or switch it off (enable = false)' });
    return NEVER;
  }),
);

function isOff(value: unknown): boolean {
  if (typeof value === 'string') return flags[value.toLowerCase()] === false || value === '';
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && 'enable' in value && isOff(value.enable);
}

/** A key that is accepted and means nothing here; a note says why. */
export const ignored: Kind<undefined> = v.pipe(
  v.unknown(),
  v.transform(() => undefined),
);

/** A map of texts, in the order in which they were written. */
export const textMap: Kind<readonly (readonly [string, string])[]> = v.pipe(
  v.record(v.string(), v.string('expected a text')),
  v.transform((map) => Object.entries(map)),
);

/** One text, or several in an array. */
export const texts: Kind<readonly string[]> = v.union(
  [
    v.array(v.string()),
    v.pipe(
      v.string(),
      v.transform((one) => [one]),
    ),
  ],
  'expected a text or an array of texts',
);

/** A section with exactly these keys; an unknown one is told with the key that was probably meant. */
export function section<Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, v.ErrorMessage<v.StrictObjectIssue>> {
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return unknownKey(String(issue.path?.at(-1)?.key), Object.keys(entries));
    if (issue.received === 'undefined') return 'expected a value: this key is required';
    return 'expected an object: { key = value ... }';
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const [best] = known
    .map((name) => ({ name, distance: distanceOf(key, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
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

/** What is there of an object: keys whose value is undefined are left out. */
export function present<Found extends object>(found: Found): Present<Found> {
  const entries = Object.entries(found).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<Found>; // exactly the keys that were left have their values
}

/** The same object without undefined values: what could be undefined is optional. */
export type Present<Found> = {
  [Key in keyof Found as undefined extends Found[Key] ? never : Key]: Found[Key];
} & {
  [Key in keyof Found as undefined extends Found[Key] ? Key : never]?: Exclude<Found[Key], undefined>;
};
