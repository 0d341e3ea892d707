// Spec ledger: the statements of the three standards as data (`fixtures/spec`), and what proves each of them: the name
// of a test that cites it in brackets, and the line of the product that fulfils it. Where a test lies says which side
// it proves: `test/spec/server` and `test/src/broker` the server, `test/spec/client`, `test/src/client` and
// `test/src/bridge` the client; anywhere else it is about what both sides share, and proves both.
import { fixtureJson } from './fixtures.ts';
import { isTest, type SourceFile } from './source-tree.ts';

/** Who has to do what a statement says. */
export type Side = 'server' | 'client';

/** One statement of a standard. */
export interface Statement {
  /** As it is cited, without brackets. */
  readonly id: string;
  /** Of the standard: `3.1.2`. */
  readonly section: string;
  readonly side: Side | 'both';
  /** What it says, in words of our own. */
  readonly inShort: string;
  /** True, or why it asks nothing of this product. */
  readonly applies: true | string;
}

/** The statements of one version. */
export interface Ledger {
  readonly version: '3.1' | '3.1.1' | '5.0';
  /** Titles by the first two numbers of a section. */
  readonly sections: Readonly<Record<string, string>>;
  readonly statements: readonly Statement[];
}

/** What a statement lacks: a test for a side, or a line of the product. */
export type Lack = Side | 'code';

/** Where each id is cited: by tests, with the sides that they prove, and by the product. */
export interface Citations {
  readonly tests: ReadonlyMap<string, ReadonlySet<Side>>;
  readonly code: ReadonlySet<string>;
}

const citation = /\bMQTT(?:3|31)?-(?:[\d.]+-)?\d+\b/g;
const bracketed = /\[(MQTT(?:3|31)?-(?:[\d.]+-)?\d+)\]/g;

/** The ledgers of all versions. */
export function readLedgers(): readonly Ledger[] {
  return ['3.1', '3.1.1', '5.0'].map((version) => fixtureJson<Ledger>(`spec/mqtt-${version}.json`));
}

/** The sides that a test at this path proves something of. */
export function sidesOf(path: string): readonly Side[] {
  if (/^test\/(?:spec\/server|src\/broker)\//.test(path)) return ['server'];
  if (/^test\/(?:spec\/client|src\/client|src\/bridge)\//.test(path)) return ['client'];
  return ['server', 'client'];
}

/** The ids in brackets in the name of a test. */
export function idsOfName(name: string): readonly string[] {
  return [...name.matchAll(bracketed)].map(([, id = '']) => id);
}

/** The ids that the product cites, in code and comments. */
export function citedByCode(files: readonly SourceFile[]): ReadonlySet<string> {
  const product = files.filter(({ path }) => /^(?:src|protocol)\//.test(path));
  return new Set(product.flatMap(({ text }) => [...text.matchAll(citation)].map(([id]) => id)));
}

/** All citations of a tree. What a comment of a test says is no test. */
export function citationsIn(files: readonly SourceFile[]): Citations {
  const tests = new Map<string, Set<Side>>();
  for (const { path, text } of files) {
    if (!isTest(path) || path === 'test/tidy.test.ts') continue;
    const lines = text.split('\n').filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
    addProofs(tests, idsOfName(lines.join('\n')), path);
  }
  return { tests, code: citedByCode(files) };
}

/** Notes that a test at a path proves statements. */
export function addProofs(tests: Map<string, Set<Side>>, ids: readonly string[], path: string): void {
  for (const id of ids) {
    const sides = tests.get(id) ?? new Set();
    for (const side of sidesOf(path)) sides.add(side);
    tests.set(id, sides);
  }
}

/** What a statement lacks; nothing where it asks nothing. */
export function lacksOf({ id, side, applies }: Statement, { tests, code }: Citations): readonly Lack[] {
  if (applies !== true) return [];
  const sides: readonly Side[] = side === 'both' ? ['server', 'client'] : [side];
  const lacks: Lack[] = sides.filter((one) => tests.get(id)?.has(one) !== true);
  return code.has(id) ? lacks : [...lacks, 'code'];
}

/** What the statements of the ledgers lack in a tree, in words. */
export function ledgerFaults(ledgers: readonly Ledger[], citations: Citations): readonly string[] {
  return ledgers
    .flatMap(({ statements }) => statements)
    .flatMap((statement) => {
      const lacks = lacksOf(statement, citations);
      return lacks.length === 0 ? [] : [`${statement.id} lacks ${lacks.map(describeLack).join(' and ')}`];
    });
}

/** A lack in words. */
export function describeLack(lack: Lack): string {
  return lack === 'code' ? 'a line of the product' : `a test of the ${lack}`;
}
