// `viaduct top`: what a running Viaduct does, drawn again each second until it is stopped. On a terminal the view
// stays in its place; elsewhere each moment follows the last.
// Bounded: one request a second.
import { UsageError } from '../../base/errors.ts';
import type { StatusReply } from '../../http/api-types.ts';
import { apiArguments, apiFlagsHelp } from './api-client.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';
import { screenOf } from './screen.ts';
import { statusLines } from './status-view.ts';

/** The command. */
export const top: Command = {
  name: 'top',
  help: `Usage: viaduct top

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${top.help}\n`);
      return ExitCode.done;
    }
    if (words.length > 0) throw new UsageError('FLAG', `top takes no words: ${words.join(' ')}`);
    while (!io.signal.aborted) {
      const reply = await api.ask<StatusReply>('GET', '/status');
      // home, each line with its rest cleared, then everything below
      const rows = (io.size?.().rows ?? Number.POSITIVE_INFINITY) - 1;
      const shown = statusLines(reply, screenOf(io)).slice(0, rows);
      const lines = shown.map((line) => (io.isTerminal ? `${line}\u001b[K` : line));
      const text = isJson ? JSON.stringify(reply) : lines.join('\n');
      io.write(io.isTerminal && !isJson ? `\u001b[H${text}\n\u001b[J` : `${text}\n`);
      await pause(io, 1000);
    }
    return ExitCode.done;
  },
};

/** Waits, but not longer than the command is wanted. */
function pause({ ports, signal }: CommandIo, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = ports.clock.schedule(ms, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
