// NaiveProperties: the property blocks of 5.0 read once more, slowly and from a table of its own, copied from section
// 2.2.2.2 of the standard. The reader of Viaduct must find the same properties, and fault exactly the same blocks.
// It throws at whatever is wrong and does not say why.
import { isUtf8 } from 'node:buffer';

type Kind = 'byte' | 'u16' | 'u32' | 'varint' | 'text' | 'data' | 'pair';

/** One property as it stands in a block: its identifier, and its value as text, number or hexadecimal bytes. */
export type NaiveProperty = readonly [id: number, ...values: readonly (string | number)[]];

const table: readonly (readonly [id: number, kind: Kind, packets: string])[] = [
  [0x01, 'byte', 'publish will'],
  [0x02, 'u32', 'publish will'],
  [0x03, 'text', 'publish will'],
  [0x08, 'text', 'publish will'],
  [0x09, 'data', 'publish will'],
  [0x0b, 'varint', 'publish subscribe'],
  [0x11, 'u32', 'connect connack disconnect'],
  [0x12, 'text', 'connack'],
  [0x13, 'u16', 'connack'],
  [0x15, 'text', 'connect connack auth'],
  [0x16, 'data', 'connect connack auth'],
  [0x17, 'byte', 'connect'],
  [0x18, 'u32', 'will'],
  [0x19, 'byte', 'connect'],
  [0x1a, 'text', 'connack'],
  [0x1c, 'text', 'connack disconnect'],
  [0x1f, 'text', 'connack ack suback disconnect auth'],
  [0x21, 'u16', 'connect connack'],
  [0x22, 'u16', 'connect connack'],
  [0x23, 'u16', 'publish'],
  [0x24, 'byte', 'connack'],
  [0x25, 'byte', 'connack'],
  [0x26, 'pair', 'connect will connack publish ack subscribe suback unsubscribe disconnect auth'],
  [0x27, 'u32', 'connect connack'],
  [0x28, 'byte', 'connack'],
  [0x29, 'byte', 'connack'],
  [0x2a, 'byte', 'connack'],
];

const neverZero: ReadonlySet<number> = new Set([0x0b, 0x21, 0x23, 0x27]);

/** Reads a block that stands in a packet (or a will) of this name. Throws if anything is wrong with it. */
export function naiveProperties(block: Uint8Array, packet: string): readonly NaiveProperty[] {
  const found: NaiveProperty[] = [];
  let rest = [...block];
  const take = (count: number): number[] => {
    if (rest.length < count) throw new Error('too short');
    const taken = rest.slice(0, count);
    rest = rest.slice(count);
    return taken;
  };
  const number = (size: number): number => take(size).reduce((sum, byte) => sum * 256 + byte, 0);
  const text = (): string => {
    const bytes = Buffer.from(take(number(2)));
    if (!isUtf8(bytes) || bytes.includes(0)) throw new Error('no text');
    return bytes.toString();
  };
  while (rest.length > 0) {
    const [id] = take(1);
    const [row, kind, packets] = table.find(([one]) => one === id) ?? [];
    if (row === undefined || !packets?.split(' ').includes(packet)) throw new Error('no such property here');
    const isAgain = found.some(([one]) => one === row);
    if (isAgain && row !== 0x26 && !(row === 0x0b && packet === 'publish')) throw new Error('twice');
    found.push([row, ...valuesOf(kind, { take, number, text })]);
  }
  for (const [id, value] of found) checkBounds(id, value);
  return found;
}

interface Cursor {
  readonly take: (count: number) => number[];
  readonly number: (size: number) => number;
  readonly text: () => string;
}

function valuesOf(kind: Kind | undefined, cursor: Cursor): readonly (string | number)[] {
  if (kind === 'byte') return [cursor.number(1)];
  if (kind === 'u16') return [cursor.number(2)];
  if (kind === 'u32') return [cursor.number(4)];
  if (kind === 'text') return [cursor.text()];
  if (kind === 'pair') return [cursor.text(), cursor.text()];
  if (kind === 'data') return [Buffer.from(cursor.take(cursor.number(2))).toString('hex')];
  return [varint(cursor)];
}

function varint(cursor: Cursor): number {
  const digits: number[] = [];
  do {
    digits.push(cursor.number(1));
  } while ((digits.at(-1) ?? 0) >= 128);
  const isMinimal = digits.length === 1 || digits.at(-1) !== 0;
  if (digits.length > 4 || !isMinimal) throw new Error('no variable byte integer');
  return digits.reduceRight((sum, digit) => sum * 128 + (digit % 128), 0);
}

function checkBounds(id: number, value: string | number | undefined): void {
  const [, kind] = table.find(([one]) => one === id) ?? [];
  if (kind === 'byte' && Number(value) > 1) throw new Error('neither 0 nor 1');
  if (neverZero.has(id) && value === 0) throw new Error('0');
  const isTopic = id === 0x08;
  if (isTopic && (value === '' || /[+#]/.test(String(value)))) throw new Error('no topic');
}
