// NodeCommand: one run of another program for one line of its output, as a password or token.
// It is run without a shell; time and output are bounded, and what it says on standard error
// is told when it fails, never its output.
import { execFile } from 'node:child_process';
import { LinkError } from '../base/errors.ts';

/** What is run, and what it may take. */
export interface CommandOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Longest run, in ms; it is killed then. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Largest output, in bytes: more than any password that MQTT can carry. */
const outputBytesMax = 65_536;

/** The output of a command without the end of its last line. Rejects with a LinkError of blame `local`. */
export function outputOf({ command, timeoutMs, signal }: CommandOptions): Promise<string> {
  const [program = '', ...parameters] = command;
  const options = {
    timeout: timeoutMs,
    maxBuffer: outputBytesMax,
    signal,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  } as const;
  return new Promise((resolve, reject) => {
    execFile(program, parameters, options, (error, output, complaint) => {
      if (error === null) {
        resolve(output.replace(/\r?\n$/, ''));
        return;
      }
      const isLate = error.killed === true;
      const why = isLate ? `it took more than ${timeoutMs} ms` : complaint.trim().slice(0, 200) || `code ${error.code}`;
      reject(new LinkError('connect', `the command ${program} gave no password: ${why}`, { blame: 'local' }));
    });
  });
}
