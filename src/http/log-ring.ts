// LogRing: a log that also remembers its last lines, so that pages can show them. It stands in front of the real log
// and hands every line on; lines below the level of that log are handed on and not remembered.
// Bounded by `linesMax` lines of `lineLengthMax` characters of facts each.
import type { Log, LogFields, LogLevel } from '../base/log.ts';
import type { LogLine } from './api-types.ts';

const linesMax = 1000;
const lineLengthMax = 2000;
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const ranks: ReadonlyMap<string, number> = new Map(levels.map((level, rank) => [level, rank]));

/** A log, and what was said in it lately. */
export class LogRing implements Log {
  readonly #log: Log;
  readonly #rank: number;
  readonly #wallMs: () => number;
  readonly #lines: LogLine[] = [];
  readonly #listeners = new Set<(line: LogLine) => void>();
  #lastId = 0;

  constructor(log: Log, level: LogLevel, wallMs: () => number) {
    this.#log = log;
    this.#rank = ranks.get(level) ?? 2;
    this.#wallMs = wallMs;
  }

  /** What is remembered, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Lines that had to be forgotten. */
  get forgotten(): number {
    return this.#lastId - this.#lines.length;
  }

  /** Calls `listener` for every line from now on. Returns how to stop that. */
  onLine(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** See `Log`. */
  debug(fields: LogFields, message: string): void {
    this.#log.debug(fields, message);
    this.#remember('debug', fields, message);
  }

  /** See `Log`. */
  info(fields: LogFields, message: string): void {
    this.#log.info(fields, message);
    this.#remember('info', fields, message);
  }

  /** See `Log`. */
  warn(fields: LogFields, message: string): void {
    this.#log.warn(fields, message);
    this.#remember('warn', fields, message);
  }

  /** Tells the real log and remembers nothing: for what pages must not show. */
  warnOnce(fields: LogFields, message: string): void {
    this.#log.warn(fields, message);
  }

  /** See `Log`. */
  error(fields: LogFields, message: string): void {
    this.#log.error(fields, message);
    this.#remember('error', fields, message);
  }

  #remember(level: LogLine['level'], fields: LogFields, message: string): void {
    if ((ranks.get(level) ?? 0) < this.#rank) return;
    const line = { id: ++this.#lastId, at: Math.round(this.#wallMs()), level, message, fields: boundedFields(fields) };
    this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }
}

/** A copy that keeps nothing else alive. */
function boundedFields(fields: LogFields): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(fields);
  return text.length <= lineLengthMax ? JSON.parse(text) : { cut: text.slice(0, lineLengthMax) };
}
