// ConfigReader: reads a configuration file and the files that it includes, each relative to the one that names it,
// and the files that its values name. Every file that cannot be read or parsed is told, not only the first. Bounded:
// `textLengthMax` characters a file, `includesMax` files inside each other, `filesMax` files in all.
import { basename, dirname } from 'node:path';
import { ConfigError, messageOf } from '../base/errors.ts';
import type { Disk } from '../ports/ports.ts';
import type { Expression, Include, Position, Statement } from './hocon-node.ts';
import { parseHocon } from './hocon-parser.ts';
import { pathBeside } from './path-beside.ts';

const textLengthMax = 10 * 1024 * 1024;
const includesMax = 16;
const filesMax = 256;

/** Reads files and those that they include. */
export class ConfigReader {
  /** Every file read, in order. */
  readonly files: string[] = [];
  readonly #disk: Disk;
  readonly #included = new Map<Include, readonly Statement[]>();
  readonly #errors: ConfigError[] = [];

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The statements of a configuration. Rejects with ConfigError for files that cannot be read or parsed. */
  async read(path: string): Promise<readonly Statement[]> {
    const statements = await this.#file(path, { file: path, line: 0, column: 0 }, []);
    const [first] = this.#errors;
    if (first === undefined) return statements;
    const detail = first.code.slice('ERR_CONFIG_'.length);
    throw new ConfigError(
      detail,
      this.#errors.flatMap(({ faults }) => faults),
    );
  }

  /** What was read for an include. */
  included(include: Include): readonly Statement[] {
    return this.#included.get(include) ?? [];
  }

  async #file(path: string, from: Position, outer: readonly string[]): Promise<readonly Statement[]> {
    const refusal = this.#refusal(path, outer);
    if (refusal !== undefined) {
      this.#errors.push(new ConfigError('INCLUDE', [{ ...from, path: '', value: '', expected: refusal }]));
      return [];
    }
    this.files.push(path);
    try {
      const statements = parseHocon(path, await this.#text(path, from));
      await this.#includesOf(statements, [...outer, path]);
      return statements;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#errors.push(error);
      return [];
    }
  }

  #refusal(path: string, outer: readonly string[]): string | undefined {
    if (outer.includes(path)) return `${path} includes itself: ${[...outer, path].join(' -> ')}`;
    if (outer.length > includesMax) return `expected at most ${includesMax} files inside each other`;
    if (this.files.length >= filesMax) return `expected at most ${filesMax} files in all`;
    return undefined;
  }

  async #includesOf(statements: readonly Statement[], outer: readonly string[]): Promise<void> {
    for (const statement of statements) {
      if (statement.kind !== 'include') {
        await this.#includesIn(statement.value, outer);
      } else {
        const path = pathBeside(outer.at(-1) ?? '', statement.file);
        this.#included.set(statement, await this.#file(path, statement.at, outer));
      }
    }
  }

  async #includesIn(value: Expression, outer: readonly string[]): Promise<void> {
    if (value.kind === 'object') await this.#includesOf(value.statements, outer);
    if (value.kind === 'array') for (const item of value.items) await this.#includesIn(item, outer);
  }

  async #text(path: string, from: Position): Promise<string> {
    const text = await readNamedFile(this.#disk, path);
    if (text instanceof Error) throw unreadable(from, text.message);
    if (text.length > textLengthMax) throw unreadable(from, `${path} has more than ${textLengthMax} characters`);
    return text;
  }
}

/** The text of a file that a configuration names, or why there is none. */
export async function readNamedFile(disk: Disk, path: string): Promise<string | Error> {
  try {
    return await disk.readText(path);
  } catch (error) {
    return new Error(messageOf(error), { cause: error });
  }
}

/** The text of a file; undefined when there is none. Rejects with StorageError when it cannot be read. */
export async function readTextIfThere(disk: Disk, path: string): Promise<string | undefined> {
  const entries = await disk.list(dirname(path));
  if (!entries.some(({ name }) => name === basename(path))) return undefined;
  return disk.readText(path);
}

/** Where changes that are made while running are kept: beside the configuration that they stand over. */
export function overlayPathOf(path: string): string {
  return `${path}.overrides.json`;
}

function unreadable(at: Position, reason: string): ConfigError {
  const expected = `expected a file that can be read: ${reason}`;
  return new ConfigError('FILE', [{ ...at, path: '', value: '', expected }]);
}
