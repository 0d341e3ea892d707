// PartLoader: what the one-file program begins with. All that it is made of stands in the same file, each part
// compressed; a part is read, unpacked and compiled when it is needed for the first time. What a configuration never
// needs costs no memory, and what is compiled at once is small: V8 gives back the room that compiling took.
// The file stays open, so that another one in its place does not matter to a program that runs. A few parts pass: what
// reads a configuration is needed for a moment, and made anew for the next one.
// Bounded by the parts; each but those is compiled once.
import { readSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';

/** Where each part stands: its first byte behind the first part, its bytes there, and its bytes as text. */
export type PartTable = Readonly<Record<string, readonly [offset: number, length: number, textLength: number]>>;

type Exports = Readonly<Record<string, unknown>>;

/** The build puts the table in here. */
declare const partTable: PartTable;
/** And here what is not kept, where it was loaded late and on its own. */
declare const passingParts: readonly string[];

// the head of the file gives these
declare const program: string;
declare const descriptor: number;
declare const partsAt: number;

const made = new Map<string, Exports>();
const passing = new Set(passingParts);

/** What a part exports; `briefly` holds those that pass, while one of them is loaded on its own. */
function need(name: string, briefly?: Map<string, Exports>): Exports {
  const known = made.get(name) ?? briefly?.get(name);
  if (known !== undefined) return known;
  const run = compileFunction(textOf(name), ['need', 'load', 'require'], { filename: `${program}/${name}.js` });
  const isBrief = briefly !== undefined && passing.has(name);
  const exports: Exports = run((other: string) => need(other, isBrief ? briefly : undefined), load, require) ?? {};
  (isBrief ? briefly : made).set(name, exports);
  return exports;
}

/** The same, for `import()`. */
async function load(name: string): Promise<Exports> {
  return need(name, passing.has(name) ? new Map() : undefined);
}

/** The program of a part. Throws when the file is another one now. */
function textOf(name: string): string {
  const [offset, length, textLength] = partTable[name] ?? [0, 0, 0];
  const bytes = Buffer.allocUnsafe(length);
  readSync(descriptor, bytes, 0, length, partsAt + offset);
  try {
    const packed = Buffer.from(bytes.toString('latin1'), 'base64');
    return brotliDecompressSync(packed, { chunkSize: Math.max(textLength, 64) }).toString('latin1');
  } catch (error) {
    throw new Error(`${program} was changed while it ran: ${name} cannot be read; start it again`, { cause: error });
  }
}

need('main');
