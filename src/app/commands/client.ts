// `viaduct client`: the devices of a running Viaduct, over its API: list them, or disconnect one and forget its
// session. At most a thousand are listed; a part of the client id chooses among more.
// Bounded: one request.
import { UsageError } from '../../base/errors.ts';
import type { ClientView } from '../../http/api-broker-types.ts';
import type { Page } from '../../http/api-types.ts';
import { apiArguments, apiFlagsHelp, pathWord } from './api-client.ts';
import { type Command, ExitCode } from './command-io.ts';
import { screenOf } from './screen.ts';
import { Colour, type Screen, tableLines } from './text-table.ts';

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
      io.write(isJson ? 'null\n' : `${word} is disconnected and its session forgotten\n`);
    } else if (verb === 'list') {
      const query = `?limit=1000&clientid=${encodeURIComponent(word ?? '')}`;
      const page = await api.ask<Page<ClientView>>('GET', `/clients${query}`);
      if (isJson) io.write(`${JSON.stringify(page)}\n`);
      else
        io.write(
          lines(page, screenOf(io))
            .map((line) => `${line}\n`)
            .join(''),
        );
    } else {
      throw new UsageError('FLAG', 'expected list or kick');
    }
    return ExitCode.done;
  },
};

function lines({ items, total }: Page<ClientView>, screen: Screen): readonly string[] {
  if (items.length === 0) return ['no clients'];
  const columns = [
    ...['CLIENT', 'STATE', 'ADDRESS', 'USER'].map((name) => ({ name })),
    ...['SUBSCRIPTIONS', 'QUEUE'].map((name) => ({ name, isNumber: true })),
  ];
  const rows = items.map(({ clientId, isConnected, address = '', username = '', subscriptions, queued }) => [
    clientId,
    isConnected ? { text: 'connected', colour: Colour.green } : { text: 'away', colour: Colour.dim },
    address,
    username,
    String(subscriptions),
    String(queued),
  ]);
  const more = total > items.length ? [`${total - items.length} more: a part of the id chooses among them`] : [];
  return [...tableLines(columns, rows, screen), ...more];
}
