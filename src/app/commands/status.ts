// `viaduct status`: what a running Viaduct does at this moment, over its API.
// Text for people, or what the API answered for programs.
// Bounded: one request.
import { UsageError } from '../../base/errors.ts';
import type { StatusReply } from '../../http/api-types.ts';
import { apiArguments, apiFlagsHelp } from './api-client.ts';
import { type Command, ExitCode } from './command-io.ts';
import { screenOf } from './screen.ts';
import { statusLines } from './status-view.ts';

/** The command. */
export const status: Command = {
  name: 'status',
  help: `Usage: viaduct status

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${status.help}\n`);
      return ExitCode.done;
    }
    if (words.length > 0) throw new UsageError('FLAG', `status takes no words: ${words.join(' ')}`);
    const reply = await api.ask<StatusReply>('GET', '/status');
    io.write(isJson ? `${JSON.stringify(reply)}\n` : `${statusLines(reply, screenOf(io)).join('\n')}\n`);
    return ExitCode.done;
  },
};
