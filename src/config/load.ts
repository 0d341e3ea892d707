// Load: a configuration from its file to its meaning: read, parse, include, evaluate, environment, schema, files of certificates.
// Everything that is wrong is told at once, each fault with its place, in one ConfigError.
// Bounded: `textBytesMax` a file, `includesMax` files inside each other.
import { ConfigError, type ConfigFault, messageOf } from '../base/errors.ts';
import type { Disk } from '../ports/ports.ts';
import type { Config, ConfigNote, TlsConfig } from './config-types.ts';
import { applyEnvironment } from './environment.ts';
import { evaluateHocon } from './hocon-evaluate.ts';
import type { HoconNode, HoconObject, Include, Position, Statement } from './hocon-node.ts';
import { parseHocon } from './hocon-parser.ts';
import { type Environment, textOfScalar } from './hocon-references.ts';
import { notesOf } from './notes.ts';
import { checkSchema, type SchemaIssue } from './schema.ts';

/** A configuration, ready to use. */
export interface LoadedConfig {
  readonly config: Config;
  readonly notes: readonly ConfigNote[];
  /** Every configuration file that was read, the first one first. */
  readonly files: readonly string[];
  /** The texts of certificate and key files, by the path that stands in the configuration. */
  readonly pems: ReadonlyMap<string, string>;
}

/** What is loaded, and from where. */
export interface LoadRequest {
  /** The path of the configuration. */
  readonly path: string;
  readonly disk: Disk;
  readonly environment: Environment;
}

const textBytesMax = 10 * 1024 * 1024;
const includesMax = 16;
const secretKeys = new Set(['password', 'key_password']);

/** Loads a configuration. Rejects with ConfigError. */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const { path, disk, environment } = request;
  const reader = new Reader(disk);
  const statements = await reader.read(path, { file: path, line: 0, column: 0 }, 0);
  const at = { file: path, line: 1, column: 1 };
  const root = evaluateHocon(statements, at, (include) => reader.included.get(include) ?? [], environment);
  applyEnvironment(root, environment);
  replaceVin(root, environment.NANOMQ_VIN);
  const config = checkSchema(plainOf(root));
  if (isIssues(config)) throw new ConfigError('INVALID', inOrder(config.map((issue) => faultOf(issue, root))));
  const pems = await readPems(config, path, root, disk);
  return { config, notes: notesOf(root), files: reader.files, pems };
}

/** Reads files and those that they include. */
class Reader {
  readonly files: string[] = [];
  readonly included = new Map<Include, readonly Statement[]>();
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async read(path: string, from: Position, depth: number): Promise<readonly Statement[]> {
    if (depth > includesMax) {
      throw new ConfigError('INCLUDE', [
        fault(from, `at most ${includesMax} files inside each other; is this a circle?`),
      ]);
    }
    const text = await this.#text(path, from);
    this.files.push(path);
    const statements = parseHocon(path, text);
    await this.#readIncludes(statements, path, depth);
    return statements;
  }

  async #readIncludes(statements: readonly Statement[], path: string, depth: number): Promise<void> {
    for (const statement of statements) {
      if (statement.kind === 'include') {
        const inner = besides(path, statement.file);
        this.included.set(statement, await this.read(inner, statement.at, depth + 1));
      } else if (statement.value.kind === 'object') {
        await this.#readIncludes(statement.value.statements, path, depth);
      }
    }
  }

  async #text(path: string, from: Position): Promise<string> {
    try {
      const text = await this.#disk.readText(path);
      if (text.length <= textBytesMax) return text;
      throw new ConfigError('FILE', [fault(from, `${path} is larger than ${textBytesMax} bytes`)]);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new ConfigError('FILE', [fault(from, `expected a file that can be read: ${messageOf(error)}`)]);
    }
  }
}

/** A path as seen from the file that names it. */
function besides(file: string, path: string): string {
  if (path.startsWith('/')) return path;
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  return folder + path;
}

function fault(at: Position, expected: string): ConfigFault {
  return { ...at, path: '', value: '', expected };
}

function isIssues(result: Config | readonly SchemaIssue[]): result is readonly SchemaIssue[] {
  return Array.isArray(result);
}

function inOrder(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  return [...faults].sort((one, other) => {
    if (one.file !== other.file) return one.file < other.file ? -1 : 1;
    return one.line - other.line || one.column - other.column;
  });
}

/** The tree without positions, every scalar as text. */
function plainOf(node: HoconNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plainOf(value)]));
    case 'array':
      return node.items.map(plainOf);
    case 'scalar':
      return textOfScalar(node);
    default: {
      const never: never = node;
      return never;
    }
  }
}

/** The fault that an issue is, with the place of the innermost key or value on its path that exists. */
function faultOf({ path, message }: SchemaIssue, root: HoconObject): ConfigFault {
  let node: HoconNode = root;
  let at: Position = root.at;
  let isWhole = true;
  for (const key of path) {
    const entry: { readonly at: Position; readonly value: HoconNode } | undefined = childOf(node, key);
    isWhole = entry !== undefined || key === 'default';
    if (entry === undefined) continue;
    at = entry.at;
    node = entry.value;
  }
  const isSecret = secretKeys.has(path.at(-1) ?? '') || path.includes('password');
  const text = isWhole && node.kind === 'scalar' ? textOfScalar(node) : '';
  return {
    ...(isWhole && node.kind === 'scalar' ? node.at : at),
    path: path.join('.'),
    value: isSecret && text !== '' ? '***' : text,
    expected: message,
  };
}

function childOf(node: HoconNode, key: string): { readonly at: Position; readonly value: HoconNode } | undefined {
  if (node.kind === 'object') return node.entries.get(key);
  const item = node.kind === 'array' ? node.items[Number(key)] : undefined;
  return item && { at: item.at, value: item };
}

/** `${VIN}` inside quoted texts of bridges, as the incumbent has it. */
function replaceVin(node: HoconNode, vin: string | undefined): void {
  if (vin === undefined || node.kind === 'scalar') return;
  if (node.kind === 'array') {
    for (const [index, item] of node.items.entries()) {
      node.items[index] = withVin(item, vin);
      replaceVin(item, vin);
    }
    return;
  }
  for (const entry of node.entries.values()) {
    entry.value = withVin(entry.value, vin);
    replaceVin(entry.value, vin);
  }
}

function withVin(node: HoconNode, vin: string): HoconNode {
  if (node.kind !== 'scalar') return node;
  const text = textOfScalar(node);
  const placeholder = '$' + '{VIN}';
  if (!text.includes(placeholder)) return node;
  return { ...node, parts: [{ kind: 'text', text: text.replaceAll(placeholder, vin) }] };
}

/** Reads the files of all TLS sections. */
async function readPems(
  config: Config,
  path: string,
  root: HoconObject,
  disk: Disk,
): Promise<ReadonlyMap<string, string>> {
  const pems = new Map<string, string>();
  const faults: ConfigFault[] = [];
  const sections: readonly (readonly [readonly string[], TlsConfig | undefined])[] = [
    ...config.listeners.map(({ name, tls }) => [['listeners', ...name.split('.')], tls] as const),
    ...config.bridges.map(({ name, tls }) => [['bridges', 'mqtt', name, 'ssl'], tls] as const),
  ];
  for (const [keys, tls] of sections) {
    const files = [
      ['certfile', tls?.certificateFile],
      ['keyfile', tls?.keyFile],
      ['cacertfile', tls?.authoritiesFile],
    ] as const;
    for (const [key, file] of files) {
      if (file === undefined || pems.has(file)) continue;
      try {
        pems.set(file, await disk.readText(besides(path, file)));
      } catch (error) {
        const message = `expected a file that can be read: ${messageOf(error)}`;
        faults.push(faultOf({ path: [...keys, key], message }, root));
      }
    }
  }
  if (faults.length > 0) throw new ConfigError('FILE', faults);
  return pems;
}
