// Walls: which room may import what, as data, and the rules that read it. A room is a folder of `protocol/` or `src/`.
// Files of one room import each other freely, but never in a circle, and no file stands there that nothing leads to.
// What is not in the table is forbidden, so a new room or package begins with a line here.
import { posix } from 'node:path';
import { type Finding, type Import, importsOf, isTest, type SourceFile } from './source-tree.ts';

/** What the files of a room may import besides each other. */
export interface Wall {
  /** Rooms; `protocol` and `src` stand for all rooms below them. */
  readonly rooms: readonly string[];
  /**
   * Packages and modules of Node, with the files of the room that may import them: `*` in a name stands for anything.
   */
  readonly packages?: Readonly<Record<string, string>>;
  /** Files of other rooms that only `import type` may name: room and pattern. */
  readonly types?: readonly (readonly [room: string, pattern: string])[];
}

const core = ['protocol/wire', 'protocol/topic', 'protocol/session', 'protocol/connection'];

/** The import table of DESIGN section 3, and of src/README.md and protocol/README.md. */
export const walls: Readonly<Record<string, Wall>> = {
  'protocol/index.ts': { rooms: core },
  'protocol/wire': { rooms: [], packages: { 'node:buffer': 'bytes.ts', 'mqtt-packet': 'codec*.ts' } },
  'protocol/topic': { rooms: ['protocol/wire'] },
  'protocol/session': { rooms: ['protocol/wire', 'protocol/topic'] },
  'protocol/connection': { rooms: ['protocol/wire', 'protocol/topic', 'protocol/session'] },
  'src/base': {
    rooms: ['protocol/wire'],
    packages: { pino: 'log.ts', 'node:process': '*', 'node:os': '*', 'node:util': '*', 'node:path': '*' },
  },
  'src/metrics': { rooms: ['src/base'] },
  'src/ports': {
    rooms: ['src/base', 'protocol/wire'],
    packages: {
      'node:net': '*',
      'node:tls': '*',
      'node:fs': '*',
      'node:fs/promises': '*',
      'node:timers': '*',
      'node:path': '*',
      'node:os': 'node-*.ts',
      'node:dns/promises': 'node-service.ts',
      'node:child_process': 'node-command.ts',
      'node:crypto': 'node-*.ts',
      'node:https': 'node-http.ts',
      'node:process': 'node-*.ts',
      'node:v8': 'node-heap.ts',
      'node:http': 'node-*.ts',
      'node:stream': '*',
      ws: '*',
    },
  },
  'src/message': { rooms: ['protocol/wire'] },
  'src/link': { rooms: ['src/base', 'src/ports', 'src/metrics', 'protocol'] },
  'src/router': { rooms: ['src/base', 'src/message', 'src/metrics', 'protocol/wire', 'protocol/topic'] },
  'src/journal': {
    rooms: ['src/base', 'src/ports', 'src/metrics', 'protocol/wire'],
    packages: { 'node:zlib': 'checksum.ts', 'node:crypto': 'cipher.ts' },
  },
  'src/queue': { rooms: ['src/base', 'src/journal', 'src/message', 'src/metrics', 'protocol'] },
  'src/secrets': {
    rooms: ['src/base', 'src/ports', 'protocol/wire', 'protocol/connection'],
    packages: { 'node:crypto': '*' },
  },
  'src/access': { rooms: ['src/base', 'src/ports', 'src/secrets', 'protocol/wire', 'protocol/topic'] },
  'src/broker': {
    rooms: [
      'src/base',
      'src/access',
      'src/router',
      'src/message',
      'src/queue',
      'src/link',
      'src/ports',
      'src/metrics',
      'protocol',
    ],
  },
  'src/bridge': {
    rooms: [
      'src/base',
      'src/secrets',
      'src/router',
      'src/message',
      'src/queue',
      'src/link',
      'src/ports',
      'src/metrics',
      'protocol',
    ],
  },
  'src/client': { rooms: ['src/base', 'src/link', 'src/message', 'src/ports', 'src/secrets', 'protocol'] },
  'src/config': {
    rooms: ['src/base', 'src/ports', 'src/secrets', 'protocol/topic'],
    packages: { valibot: '*', 'node:path': '*' },
  },
  'src/import': { rooms: ['src/base', 'src/config'], packages: { sax: 'import-hivemq.ts' } },
  'src/http': {
    rooms: [
      'src/base',
      'src/ports',
      'src/config',
      'src/metrics',
      'src/secrets',
      'src/bridge',
      'src/broker',
      'protocol/wire',
      'protocol/topic',
    ],
    packages: {
      valibot: '*',
      rou3: 'router.ts',
      '@valibot/to-json-schema': 'open-api.ts',
      'node:zlib': 'static-files.ts',
    },
  },
  'src/dashboard': {
    rooms: [],
    packages: { preact: '*', 'preact/hooks': '*', '@preact/signals': '*', uplot: 'chart.tsx' },
    types: [['src/http', 'api-*']],
  },
  'src/app': {
    rooms: ['src', 'protocol'],
    packages: {
      'node:process': '*',
      'node:os': '*',
      'node:util': '*',
      'node:path': '*',
      'node:string_decoder': '*',
      '#dashboard-site': 'web.ts',
    },
  },
  'src/bundle': {
    rooms: [],
    packages: {
      esbuild: '*',
      '#dashboard-site': 'bundle.ts',
      'node:crypto': 'dashboard.ts',
      'node:zlib': '*',
      'node:vm': '*',
      'node:fs': 'part-loader.ts',
      'node:buffer': 'flat-list.ts',
      'node:fs/promises': '*',
      'node:path': '*',
      'node:process': '*',
    },
  },
};

/** What only end-to-end tests, the kit and benchmarks may import: the real network, other programs, real time. */
const realWorld = /^node:(net|tls|http|https|http2|dgram|dns|child_process|timers|cluster|worker_threads)(\/|$)/;

/** Where programs and people come in; everything else is there because one of these leads to it. */
export const entrances: readonly string[] = [
  // a program of its own, for people
  'test/e2e/kill.ts',
  'src/app/main.ts',
  'src/app/index.ts',
  'src/bundle/bundle.ts',
  'src/bundle/dashboard.ts',
  'src/dashboard/main.tsx',
  // the bundler puts these into the program
  'src/bundle/flat-list.ts',
  'src/bundle/no-threads.ts',
  'src/bundle/part-loader.ts',
  'src/bundle/silence.ts',
  'protocol/index.ts',
  'bench/run.ts',
  'bench/compare.ts',
  'bench/bridges.ts',
  'bench/journal.ts',
  // programs of their own, which the runner starts
  'bench/lib/generator.ts',
  'bench/lib/relay.ts',
  'test/score.ts',
];

/** Programs of the tests: they lead to files of the tests, not to the product. */
export const testPrograms: readonly string[] = [
  'test/features.ts',
  'test/shots.ts',

  'test/fuzz/run.ts',
  'test/sim/run.ts',
  'test/sim/every-byte.ts',
  'test/sim/scenarios.ts',
  'test/e2e/run-differential.ts',
  'test/sim/mutants/run.ts',
];

/** A wall as a row of the tables in src/README.md and protocol/README.md. */
export function rowOf(room: string): string {
  const { rooms = [], packages = {}, types = [] } = walls[room] ?? {};
  const others = [...rooms, ...types.map(([name, pattern]) => `${name} (types of ${pattern})`)];
  const names = Object.entries(packages).map(([name, files]) => `\`${name}\`${files === '*' ? '' : ` (${files})`}`);
  return `| \`${room}\` | ${others.join(', ') || '–'} | ${names.join(', ') || '–'} |`;
}

/** Imports that no wall has a door for. */
export function brokenWalls(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((found) => {
      const message = file.path.startsWith('test/') ? faultOfTest(file.path, found) : faultOfImport(file.path, found);
      return message === undefined ? [] : [{ path: file.path, line: found.line, message }];
    }),
  );
}

/** Relative imports that lead nowhere or are not written with the extension `.ts`. */
export function lostImports(files: readonly SourceFile[]): Finding[] {
  const paths = new Set(files.map((file) => file.path));
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => target !== undefined && !paths.has(target) && !target.endsWith('.css'))
      .map(({ line, specifier }) => ({ path: file.path, line, message: `${specifier} is no file` })),
  );
}

/**
 * Files that import themselves by way of others; types count, since they too say who must know whom. One finding a
 * circle.
 */
export function importCycles(files: readonly SourceFile[]): Finding[] {
  const found: Finding[] = [];
  const graph = new Map(files.map((file) => [file.path, importsOf(file)]));
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const imports = graph.get(path) ?? [];
    for (const { line, target } of imports) {
      if (target === undefined || done.has(target)) continue;
      const start = way.indexOf(target);
      if (start === -1) visit(target, [...way, target]);
      else found.push({ path, line, message: `a circle of imports: ${[...way.slice(start), target].join(' -> ')}` });
    }
    done.add(path);
  };
  for (const { path } of files) if (!done.has(path)) visit(path, [path]);
  return found;
}

/** Files that neither an entrance nor a test leads to; a file of the product must be reached without tests. */
export function deadFiles(files: readonly SourceFile[]): Finding[] {
  const product = reach(files, (file) => entrances.includes(file.path));
  const starts = [...entrances, ...testPrograms];
  const everything = reach(files, (file) => starts.includes(file.path) || isTest(file.path));
  return files.flatMap(({ path }) => {
    const isProduct = path.startsWith('src/') || path.startsWith('protocol/');
    if ((isProduct ? product : everything).has(path)) return [];
    const message = everything.has(path) ? 'dead: only tests import it' : 'dead: nothing imports it';
    return [{ path, line: 1, message }];
  });
}

/** The room of a file, by its path: undefined outside of `protocol/` and `src/`. */
function roomOf(path: string): string | undefined {
  if (walls[path] !== undefined) return path;
  return /^(?:src|protocol)\/[^/]+/.exec(path)?.[0];
}

function faultOfImport(path: string, { specifier, target, isType }: Import): string | undefined {
  const room = roomOf(path);
  if (room === undefined) return undefined;
  const wall = walls[room];
  if (wall === undefined) return `the room ${room} is not in the import table`;
  if (target === undefined) {
    const pattern = wall.packages?.[specifier];
    const isAllowed = pattern !== undefined && fits(posix.basename(path), pattern);
    return isAllowed ? undefined : `${posix.basename(path)} may not import ${specifier}`;
  }
  const other = roomOf(target);
  if (other === room) return undefined;
  const isAllowed = wall.rooms.some((name) => name === other || (isRoom(other) && other.startsWith(`${name}/`)));
  const isAllowedAsType =
    isType && wall.types?.some(([name, pattern]) => name === other && fits(posix.basename(target), pattern));
  return isAllowed || isAllowedAsType === true ? undefined : `${room} may not import ${other ?? target}`;
}

/** A public entrance such as `protocol/index.ts` is for programs outside: rooms import the file they mean. */
function isRoom(room: string | undefined): room is string {
  return room !== undefined && !room.endsWith('.ts');
}

/** Whether a file's name is one that a pattern stands for. */
function fits(name: string, pattern: string): boolean {
  const [before = '', after] = pattern.split('*');
  return after === undefined ? name === pattern : name.startsWith(before) && name.endsWith(after);
}

function faultOfTest(path: string, { specifier }: Import): string | undefined {
  const isFree = /^test\/(?:e2e|kit|sim)\//.test(path);
  return !isFree && realWorld.test(specifier) ? `only test/e2e meets the real world, which is ${specifier}` : undefined;
}

function reach(files: readonly SourceFile[], isStart: (file: SourceFile) => boolean): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const open = files.filter(isStart);
  const reached = new Set(open.map((file) => file.path));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const { target } of importsOf(file)) {
      const next = target === undefined ? undefined : byPath.get(target);
      if (next === undefined || reached.has(next.path)) continue;
      reached.add(next.path);
      open.push(next);
    }
  }
  return reached;
}
