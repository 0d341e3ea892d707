// CommandIo: what a command of the CLI gets from its process,
// so that it can be run by tests, and the exit codes it may
// return.
import type { OpenHttp } from '../../ports/http.ts';
import type { Ports } from '../../ports/ports.ts';

/** What the shell is told: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration (EX_CONFIG of sysexits). */
export const ExitCode = { done: 0, failed: 1, usage: 2, config: 78 } as const;

/** One of the exit codes. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The surroundings of one command. */
export interface CommandIo {
  readonly ports: Ports;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The name of this machine. */
  readonly hostname: string;
  /** Whether standard output is a terminal, which can be redrawn. */
  readonly isTerminal: boolean;
  /** Its columns and rows, as they are now; undefined where it is no terminal. */
  readonly size?: () => { readonly columns: number; readonly rows: number };
  /** Aborted by SIGINT and SIGTERM: end in order. */
  readonly signal: AbortSignal;
  /** Standard output, as it is: no newline is added. */
  write(text: string | Uint8Array): void;
  /** A line on standard error. */
  complain(line: string): void;
  /** Standard input, whole or in pieces. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Present where standard input is a terminal: hides what is typed, or shows it again. */
  readonly terminal?: { hide(isHidden: boolean): void };
  /** Asks web servers; default through Node. */
  readonly http?: OpenHttp;
  /** Calls `reload` at each SIGHUP. */
  onReload(reload: () => void): void;
}

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** The whole text of `--help`. */
  readonly help: string;
  run(args: readonly string[], io: CommandIo): Promise<ExitCode>;
}
