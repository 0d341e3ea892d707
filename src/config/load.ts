// Load: a configuration from its file to its meaning: read, parse, include, evaluate, environment, schema, files of
// certificates. Everything that is wrong is told at once, each fault with its place, in one ConfigError. Bounded by
// what the reader and the evaluation let in.
import { ConfigError, type ConfigFault } from '../base/errors.ts';
import type { Disk } from '../ports/ports.ts';
import { analyse } from './analysis.ts';
import { ConfigReader, overlayPathOf, readNamedFile, readTextIfThere } from './config-reader.ts';
import { isSecretPath, plainOf } from './config-tree.ts';
import type { Config, ConfigNote } from './config-types.ts';
import { applyEnvironment } from './environment.ts';
import { evaluateHocon } from './hocon-evaluate.ts';
import type { HoconNode, HoconObject, Position, Statement } from './hocon-node.ts';
import { parseHocon } from './hocon-parser.ts';
import { type Environment, textOfScalar } from './hocon-references.ts';
import { notesOf } from './notes.ts';
import { pathBeside } from './path-beside.ts';
import { replacePlaceholders } from './placeholders.ts';
import { checkSchema, type SchemaIssue } from './schema.ts';
import { shownText } from './shown-text.ts';
import type { TlsConfig } from './tls-config.ts';
import { tokenFaultOf } from './token-keys.ts';
import { withFileUsers } from './user-files.ts';

/** A configuration, ready to use. */
export interface LoadedConfig {
  readonly config: Config;
  readonly notes: readonly ConfigNote[];
  /** Every configuration file that was read, the first one first. */
  readonly files: readonly string[];
  /** The texts of certificate and key files, by the path that stands in the configuration. */
  readonly pems: ReadonlyMap<string, string>;
  /** Only where it can be changed while running: with an `http_server`. */
  readonly trees?: ConfigTrees;
}

/** A configuration before it means anything: what changes are made to, and where its values come from. */
export interface ConfigTrees {
  /** What the user's files say, without environment and placeholders. */
  readonly base: unknown;
  /** The same with the overlay over it. */
  readonly written: unknown;
  /** What is in effect, with the place of every value. */
  readonly root: HoconObject;
  readonly overlayPath: string;
  readonly overlayText: string;
}

/** What is loaded, and from where. */
export interface LoadRequest {
  /** The path of the configuration. */
  readonly path: string;
  readonly disk: Disk;
  readonly environment: Environment;
  /** The name of this machine, for `${hostname}`. */
  readonly hostname: string;
  /** Stands for the text of the overlay, to try one. */
  readonly overlayText?: string;
  /** Tries whether TLS can be used as it is configured; absent: that is found out when it is. */
  readonly tlsFaultOf?: TlsFaultOf;
}

/** What cannot be used of the files of a section, and why: the key, and words. */
export type TlsFaultOf = (
  tls: TlsConfig,
  pems: ReadonlyMap<string, string>,
) => Promise<{ readonly key: string; readonly detail: string } | undefined>;

/** Keys that mean something else to the language that this is written in. */
const foreignKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** Loads a configuration. Rejects with ConfigError. */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const { path, disk, environment, hostname } = request;
  const reader = new ConfigReader(disk);
  const statements = await reader.read(path);
  const at = { file: path, line: 1, column: 1 };
  const overlay = await readOverlay(request);
  const evaluate = (all: readonly Statement[]): HoconObject =>
    evaluateHocon(all, at, (include) => reader.included(include), environment);
  const root = evaluate([...statements, ...overlay.statements]);
  const written = plainOf(root);
  applyEnvironment(root, environment);
  const foreign = [...foreignKeysIn(root), ...replacePlaceholders(root, { environment, hostname })];
  const config = checkSchema(plainOf(root));
  const issues = [...foreign, ...(isIssues(config) ? config : [])];
  if (isIssues(config) || issues.length > 0) {
    throw new ConfigError('INVALID', inOrder(issues.map((issue) => faultOf(issue, root))));
  }
  const pems = await readPems(config, request, root);
  const fileFault = (message: string): ConfigFault =>
    faultOf({ path: ['auth', 'password_file'], message, isAboutKey: false }, root);
  const tokenFault = tokenFaultOf(config.auth.token, pems);
  if (tokenFault !== undefined) {
    throw new ConfigError('INVALID', [
      faultOf({ path: ['auth', 'jwt'], message: tokenFault, isAboutKey: false }, root),
    ]);
  }
  const auth = await withFileUsers(config.auth, { path, disk, faultOf: fileFault });
  const loaded = { config: { ...config, auth }, notes: allNotes(config, root), files: reader.files, pems };
  if (config.http === undefined) return loaded;
  const { path: overlayPath, text: overlayText } = overlay;
  return { ...loaded, trees: { base: plainOf(evaluate(statements)), written, root, overlayPath, overlayText } };
}

/** What stands over the files of the user, if anything does. */
async function readOverlay({ path, disk, overlayText }: LoadRequest): Promise<Overlay> {
  const overlayPath = overlayPathOf(path);
  const text = overlayText ?? (await readTextIfThere(disk, overlayPath)) ?? '';
  return { path: overlayPath, text, statements: text.trim() === '' ? [] : parseHocon(overlayPath, text) };
}

interface Overlay {
  readonly path: string;
  readonly text: string;
  readonly statements: readonly Statement[];
}

/** What deserves a word about keys, and about what they say together. */
function allNotes(config: Config, root: HoconObject): readonly ConfigNote[] {
  const found = analyse(config).map(({ code, path, text }) => {
    const { file, line, column } = faultOf({ path: path.split('.'), message: text, isAboutKey: true }, root);
    return { file, line, column, code, path, text };
  });
  return [...notesOf(root), ...found];
}

function foreignKeysIn(node: HoconNode, path: readonly string[] = []): readonly SchemaIssue[] {
  if (node.kind === 'array') return node.items.flatMap((item, index) => foreignKeysIn(item, [...path, `${index}`]));
  if (node.kind !== 'object') return [];
  return [...node.entries].flatMap(([key, { value }]) => {
    if (foreignKeys.has(key))
      return [{ path: [...path, key], message: 'expected another name than this one', isAboutKey: true }];
    return foreignKeysIn(value, [...path, key]);
  });
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

/** The fault that an issue is, with the place of the innermost key or value on its path that exists. */
function faultOf({ path, message, isAboutKey }: SchemaIssue, root: HoconObject): ConfigFault {
  let node: HoconNode = root;
  let at: Position = root.at;
  let isWhole = true;
  const shownPath: string[] = [];
  for (const key of path) {
    const entry: { readonly at: Position; readonly value: HoconNode } | undefined = childOf(node, key);
    // a listener that stands alone is the default one, without being called so
    if (entry === undefined && key === 'default') continue;
    shownPath.push(key);
    isWhole = entry !== undefined;
    if (entry === undefined) continue;
    at = entry.at;
    node = entry.value;
  }
  // what was meant to be a secret is one, however its key is spelled
  const [, meant] = /did you mean (\w+)\?$/.exec(message) ?? [];
  const isSecret = isSecretPath(path) || (meant !== undefined && isSecretPath([...path.slice(0, -1), meant]));
  const text = isWhole && node.kind === 'scalar' ? textOfScalar(node) : '';
  return {
    ...(isWhole && node.kind === 'scalar' && !isAboutKey ? node.at : at),
    path: shownText(shownPath.join('.')),
    value: isSecret && text !== '' ? '***' : shownText(text),
    expected: message,
  };
}

function childOf(node: HoconNode, key: string): { readonly at: Position; readonly value: HoconNode } | undefined {
  if (node.kind === 'object') return node.entries.get(key);
  const item = node.kind === 'array' ? node.items[Number(key)] : undefined;
  return item && { at: item.at, value: item };
}

/** Reads the files of all TLS sections. */
async function readPems(
  config: Config,
  { path, disk, tlsFaultOf }: LoadRequest,
  root: HoconObject,
): Promise<ReadonlyMap<string, string>> {
  const pems = new Map<string, string>();
  const faults: ConfigFault[] = [];
  const sections: readonly (readonly [readonly string[], TlsConfig | undefined])[] = [
    ...config.listeners.map(({ name, tls }) => [['listeners', ...name.split('.')], tls] as const),
    ...config.bridges.flatMap(({ name, tls, backups }) => [
      [['bridges', 'mqtt', name, 'ssl'], tls] as const,
      ...backups.map((one, place) => [[...hybrid(name), `${place}`, 'ssl'], one.tls] as const),
    ]),
    [['auth', 'http_auth', 'ssl'], config.auth.http?.tls],
    [['http_server', 'ssl'], config.http?.tls],
  ];
  const read = async (keys: readonly string[], file: string | undefined): Promise<void> => {
    if (file === undefined || pems.has(file)) return;
    const pem = await readNamedFile(disk, pathBeside(path, file));
    if (typeof pem === 'string') pems.set(file, pem);
    else {
      const message = `expected a file that can be read: ${pem.message}`;
      faults.push(faultOf({ path: keys, message, isAboutKey: false }, root));
    }
  };
  for (const [keys, tls] of sections) {
    const files = [
      ['certfile', tls?.certificateFile],
      ['keyfile', tls?.keyFile],
      ['cacertfile', tls?.authoritiesFile],
      ['crlfile', tls?.revocationsFile],
      ...(tls?.namedCertificates ?? []).flatMap(
        (one) =>
          [
            ['certificates', one.certificateFile],
            ['certificates', one.keyFile],
          ] as const,
      ),
    ] as const;
    for (const [key, file] of files) await read([...keys, key], file);
    if (tls === undefined || tlsFaultOf === undefined || faults.length > 0) continue;
    const fault = await tlsFaultOf(tls, pems);
    if (fault === undefined) continue;
    const message = `expected what can be used for TLS: it ${fault.detail}`;
    faults.push(faultOf({ path: [...keys, fault.key], message, isAboutKey: false }, root));
  }
  const { token } = config.auth;
  const keys = [
    ['public_key', token?.publicKeyFile],
    ['jwks_file', token?.keySetFile],
  ] as const;
  for (const [key, file] of keys) await read(['auth', 'jwt', key], file);
  if (faults.length > 0) throw new ConfigError('FILE', inOrder(faults));
  return pems;
}

function hybrid(name: string): readonly string[] {
  return ['bridges', 'mqtt', name, 'hybrid_servers'];
}
