// Project rules: what files must say about things outside of themselves. Statements of the standards that are cited
// must exist; the lock file names no server; the README explains each error code, and no other.
// A code is read from the place that raises it, so that a new one fails here until the README has its heading.
import { type Finding, findInCode, findInText, lineAt, type SourceFile } from './source-tree.ts';

/** Cited statements that no ledger has, in code, comments and the names of tests. */
export function unknownStatements(file: SourceFile, ids: ReadonlySet<string>): Finding[] {
  return findInText(file, /\[MQTT\d*-[^\]\n]*\]|\bMQTT\d*-\d[\d.]*(?:-\d+)?/g, ([cited]) => {
    const match = /^\[?(MQTT\d*-(?:[\d.]+-)?\d+)\]?$/.exec(cited);
    if (match === null) return `${cited} is no citation: one id in brackets`;
    return ids.has(match[1] ?? '') ? undefined : `${cited} is no statement of a standard`;
  });
}

/** Addresses that a lock file must not hold: they would tie it to one server. */
export function lockedAddresses(lock: SourceFile): Finding[] {
  return findInText(lock, /"resolved": /g, () => 'the lock file holds an address; npm reads .npmrc and leaves it out');
}

/** Brokers, bridges and processes that tests open by themselves, and whose books nobody checks. */
export function uncheckedBooks(file: SourceFile): Finding[] {
  if (!file.path.startsWith('test/') || /from '[./\w]*\/(?:audit|books)\.ts'/.test(file.text)) return [];
  return findInCode(
    file,
    /\b(?:Broker\.open|Bridge\.open|App\.start)\(/g,
    'who opens it has its books checked: test/kit/audit.ts',
  );
}

/** Codes with one member for each reason of MQTT, of the disk or of a request: one heading may explain them all. */
const families = ['ERR_PROTOCOL_', 'ERR_REFUSED_', 'ERR_STORAGE_', 'ERR_HTTP_'];

/** The codes of all errors that the product raises; of a family, its beginning, which ends in `_`. */
export function errorCodes(files: readonly SourceFile[]): ReadonlySet<string> {
  const codes = new Set<string>();
  for (const { path, text } of files) {
    if (!path.startsWith('src/')) continue;
    for (const [, kind = '', detail = ''] of text.matchAll(/new (Usage|Config|Storage)Error\(\s*'([A-Z0-9_]+)'/g)) {
      codes.add(`ERR_${kind.toUpperCase()}_${detail}`);
    }
    const phases = /\btype LinkPhase = ([^;]*);/.exec(text)?.[1] ?? '';
    for (const [, phase = ''] of phases.matchAll(/'(\w+)'/g)) codes.add(`ERR_LINK_${phase.toUpperCase()}`);
    for (const [code] of text.matchAll(/(?<=')ERR_(?:LINK_TIMEOUT|CLOSED)(?=')/g)) codes.add(code);
    for (const [, kind = ''] of text.matchAll(/\bnew (Protocol|Refused)Error\(/g))
      codes.add(`ERR_${kind.toUpperCase()}_`);
    if (text.includes('new HttpRefusal(')) codes.add('ERR_HTTP_');
  }
  return codes;
}

/**
 * Codes without a heading in the README, and headings without a code. A README without any such heading has no
 * reference yet.
 */
export function unexplainedCodes(readme: SourceFile, codes: ReadonlySet<string>): Finding[] {
  const headings = [...readme.text.matchAll(/^#{2,6} `?(ERR_[A-Z0-9_]+)/gm)];
  if (headings.length === 0) return [];
  const explained = headings.map(([, code = '']) => code);
  const isExplained = (code: string): boolean =>
    explained.some((heading) => heading === code || (families.includes(heading) && code.startsWith(heading)));
  const isRaised = (code: string): boolean => codes.has(code) || families.some((family) => code.startsWith(family));
  const missing = [...codes]
    .filter((code) => !isExplained(code))
    .map((code) => ({ path: readme.path, line: 1, message: `${code} has no heading` }));
  const stale = headings
    .filter(([, code = '']) => !isRaised(code))
    .map((match) => ({
      path: readme.path,
      line: lineAt(readme.text, match.index),
      message: `${match[1]} is raised nowhere`,
    }));
  return [...missing, ...stale];
}
