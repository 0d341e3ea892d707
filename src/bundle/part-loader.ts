// PartLoader: the beginning of the one-file program. All that it is made of stands behind it in the same file, each
// part compressed; a part is read, unpacked and compiled when it is needed for the first time. What a configuration
// never needs costs no memory, and what is compiled at once is small: V8 gives back the room that compiling took.
// The file stays open, so that another one in its place does not matter to a program that runs.
// Bounded by the parts; each is compiled once.
import { fstatSync, openSync, readSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';

/** Where each part stands: its first byte behind the head of the file, its bytes there, and its bytes as text. */
export type PartTable = Readonly<Record<string, readonly [offset: number, length: number, textLength: number]>>;

type Exports = Readonly<Record<string, unknown>>;

/** The build puts the table in here. */
declare const partTable: PartTable;
/** The build puts in how many bytes of the file stand behind its head. */
declare const tailBytes: number;

const program = __filename;
const descriptor = openSync(program, 'r');
const headBytes = fstatSync(descriptor).size - tailBytes;
const made = new Map<string, Exports>();

/** What a part exports. */
function need(name: string): Exports {
  const known = made.get(name);
  if (known !== undefined) return known;
  const run = compileFunction(textOf(name), ['need', 'load', 'require'], { filename: `${program}/${name}.js` });
  const exports: Exports = run(need, load, require) ?? {};
  made.set(name, exports);
  return exports;
}

/** The same, for `import()`. */
async function load(name: string): Promise<Exports> {
  return need(name);
}

/** The program of a part. Throws when the file is another one now. */
function textOf(name: string): string {
  const [offset, length, textLength] = partTable[name] ?? [0, 0, 0];
  const bytes = Buffer.allocUnsafe(length);
  readSync(descriptor, bytes, 0, length, headBytes + offset);
  try {
    const packed = Buffer.from(bytes.toString('latin1'), 'base64');
    return brotliDecompressSync(packed, { chunkSize: Math.max(textLength, 64) }).toString('latin1');
  } catch (error) {
    throw new Error(`${program} was changed while it ran: ${name} cannot be read; start it again`, { cause: error });
  }
}

need('main');
