// ImportReport: what became of each line of a configuration that is imported: kept,
// changed in meaning, or not carried. A line that holds several things has the worst
// that befell one of them.

/** What became of something. */
export type ImportOutcome = 'kept' | 'changed' | 'dropped';

/** One line of the report. */
export interface ImportLine {
  /** In the file that was read, from 1. */
  readonly line: number;
  /** What stands there. */
  readonly text: string;
  readonly outcome: ImportOutcome;
  /** What changed, or why it was not carried; empty for what was kept as it is. */
  readonly why: string;
}

const severity: Readonly<Record<ImportOutcome, number>> = { kept: 0, changed: 1, dropped: 2 };

/** Gathers what is said about lines. */
export class ImportReport {
  readonly #lines = new Map<string, ImportLine>();

  /** Says something about a line; of the same words the worst counts, and the first reason for it. */
  say(line: Omit<ImportLine, 'why'> & { readonly why?: string }): void {
    const key = `${line.line} ${line.text}`;
    const before = this.#lines.get(key);
    if (before !== undefined && severity[before.outcome] >= severity[line.outcome]) return;
    this.#lines.set(key, { ...line, why: line.why ?? '' });
  }

  /** All lines, in the order of the file. */
  get lines(): readonly ImportLine[] {
    return [...this.#lines.values()].sort((one, other) => one.line - other.line);
  }
}
