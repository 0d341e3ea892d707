// Log: structured lines, one object and one sentence each. JSON for machines; readable text on
// a terminal. Lines are written at once, without a transport or a thread: what was logged
// before a crash is there.
import { type LevelWithSilent, pino } from 'pino';

/** The facts of a line. Secrets never belong here. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where components log. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** How much is logged. */
export type LogLevel = LevelWithSilent;

/** How a log is opened. */
export interface LogOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Default `json`. */
  readonly format?: 'json' | 'text';
  /** A file descriptor, or the path of a file to append to. Default 2, standard error. */
  readonly destination?: number | string;
}

/** Opens a log. Throws if its file cannot be opened. */
export function openLog(options: LogOptions = {}): Log {
  const stream = pino.destination({ dest: options.destination ?? 2, sync: true, mkdir: true, append: true });
  const settings = { level: options.level ?? 'info', base: null };
  if (options.format !== 'text') return pino(settings, stream);
  return pino(settings, { write: (line: string) => void stream.write(asText(line)) });
}

const names: ReadonlyMap<number, string> = new Map([
  [10, 'TRACE'],
  [20, 'DEBUG'],
  [30, 'INFO '],
  [40, 'WARN '],
  [50, 'ERROR'],
  [60, 'FATAL'],
]);

/** `12:30:01.123 INFO  bridge connected  bridge=plant7 remote=10.0.0.1:1883` */
function asText(line: string): string {
  const { level, time, msg, ...fields }: Record<string, unknown> = JSON.parse(line);
  const clock = new Date(Number(time)).toISOString().slice(11, 23);
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${wordOf(value)}`);
  return `${clock} ${names.get(Number(level)) ?? level} ${msg}${facts.length > 0 ? `  ${facts.join(' ')}` : ''}\n`;
}

function wordOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"]+$/.test(text) ? text : JSON.stringify(text);
}
