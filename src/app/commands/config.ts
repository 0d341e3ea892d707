// `viaduct config`: the configuration of a running Viaduct, over its API: where each value comes from, what the overlay
// changed, who changed what, and the way back.
// Bounded: one request.
import { UsageError } from '../../base/errors.ts';
import { isTree, valueAt } from '../../config/config-tree.ts';
import type { AppliedReply, ConfigObject, ConfigReply, HistoryEntry } from '../../http/api-config-types.ts';
import { apiArguments, apiFlagsHelp, pathWord } from './api-client.ts';
import { type Command, ExitCode } from './command-io.ts';
import { screenOf } from './screen.ts';
import { momentText, type Screen, tableLines } from './text-table.ts';

/** The command. */
export const config: Command = {
  name: 'config',
  help: `Usage: viaduct config show            each value, and where it comes from
       viaduct config diff            what the overlay changed
       viaduct config history         who changed what, newest first
       viaduct config rollback ID     what held after a change
       viaduct config rollback        take back the change that waits
       viaduct config confirm         keep the change that waits

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${config.help}\n`);
      return ExitCode.done;
    }
    const [verb, word] = words;
    const tell = (reply: unknown, lines: readonly string[]): void =>
      io.write(isJson ? `${JSON.stringify(reply)}\n` : lines.map((line) => `${line}\n`).join(''));
    switch (verb) {
      case 'show':
      case 'diff': {
        const reply = await api.ask<ConfigReply>('GET', '/config');
        const chosen = Object.entries(reply.origins).filter(([, { kind }]) => verb === 'show' || kind === 'overlay');
        tell(
          reply,
          chosen.map(([path, { place }]) => `${path} = ${valueIn(reply.config, path)}  # ${place}`),
        );
        break;
      }
      case 'history': {
        const entries = await api.ask<readonly HistoryEntry[]>('GET', '/config/history');
        tell(entries, entries.length === 0 ? ['no changes yet'] : historyLines(entries, screenOf(io)));
        break;
      }
      case 'rollback': {
        const reply = await api.ask<AppliedReply>('POST', rollbackPath(word));
        tell(
          reply,
          reply.diff.map(({ path }) => `changed ${path}`),
        );
        break;
      }
      case 'confirm':
        await api.ask('POST', '/config/confirm');
        tell(null, ['the change stays']);
        break;
      default:
        throw new UsageError('FLAG', 'expected show, diff, history, rollback or confirm');
    }
    return ExitCode.done;
  },
};

function historyLines(entries: readonly HistoryEntry[], screen: Screen): readonly string[] {
  const columns = [{ name: 'ID', isNumber: true }, { name: 'TIME' }, { name: 'WHO' }, { name: 'WHAT' }];
  const rows = entries.map(({ id, at, who, what }) => [String(id), momentText(at), who, what]);
  return tableLines(columns, rows, screen);
}

function rollbackPath(id: string | undefined): string {
  return id === undefined ? '/config/rollback' : `/config/history/${pathWord(id, 'a number')}/rollback`;
}

/** A value as text; a secret is not told, and a variable of the environment is in no tree. */
function valueIn(config: ConfigObject, path: string): string {
  const value = valueAt(config, path.split('.'));
  if (value === undefined) return '(set)';
  return isTree(value) ? '***' : String(value);
}
