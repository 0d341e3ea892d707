// Units: times and sizes as they are written, `300ms`, `1h30m`, `10MB`. A time needs its unit; a size without one is
// in bytes. Fractions are refused: nobody can say what a rounded limit is. Every caller states the bounds of what it
// accepts, so that a value which no timer and no buffer can hold is told where it stands, not cut down in silence.

const millisecondsOf: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const bytesOf: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
]);

/** The ms of a time with its unit (ms, s, m, h, d; several may follow each other), or undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (millisecondsOf.get(unit) ?? 0);
  }
  return total;
}

/** The bytes of a size (B, KB, MB, GB in powers of 1024, in any case; without unit bytes); undefined if it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)\s*([kmg]?b)?$/i.exec(text);
  const factor = bytesOf.get(match?.[2]?.toLowerCase() ?? '');
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}
