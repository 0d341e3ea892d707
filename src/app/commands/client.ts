// `viaduct client`: the devices of a running Viaduct, over its API: list them, or disconnect one and forget its
// session. At most a thousand are listed; a part of the client id chooses among more.
// Bounded: one request.
import { UsageError } from '../../base/errors.ts';
import type { ClientView } from '../../http/api-broker-types.ts';
import type { Page } from '../../http/api-types.ts';
import { apiArguments, apiFlagsHelp, pathWord } from './api-client.ts';
import { type Command, ExitCode } from './command-io.ts';

/** The command. */
export const client: Command = {
  name: 'client',
  help: `Usage: viaduct client list [PART]
       viaduct client kick ID

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${client.help}\n`);
      return ExitCode.done;
    }
    const [verb, word] = words;
    if (verb === 'kick') {
      await api.ask('DELETE', `/clients/${pathWord(word, 'a client id')}`);
    } else if (verb === 'list') {
      const query = `?limit=1000&clientid=${encodeURIComponent(word ?? '')}`;
      const page = await api.ask<Page<ClientView>>('GET', `/clients${query}`);
      if (isJson) io.write(`${JSON.stringify(page)}\n`);
      else for (const one of page.items) io.write(`${lineOf(one)}\n`);
    } else {
      throw new UsageError('FLAG', 'expected list or kick');
    }
    return ExitCode.done;
  },
};

function lineOf({ clientId, isConnected, address = '', username = '', subscriptions, queued }: ClientView): string {
  const state = isConnected ? 'connected' : 'away';
  const who = `${clientId.padEnd(32)} ${state.padEnd(10)} ${address.padEnd(16)} ${username.padEnd(12)}`;
  return `${who} ${subscriptions} subscriptions, ${queued} waiting`;
}
