// `viaduct ledger`: what became of the latest messages of a bridge of a running Viaduct, found by topic, time and
// outcome; the newest stand last, as in a log.
// Bounded: a page of at most a thousand.
import { UsageError } from '../../base/errors.ts';
import type { LedgerEntryView } from '../../http/api-ledger-types.ts';
import type { Page } from '../../http/api-types.ts';
import { apiArguments, apiFlagsHelp, pathWord } from './api-client.ts';
import { type Command, ExitCode } from './command-io.ts';

const keys = new Set(['topic', 'outcome', 'from', 'until', 'limit', 'page']);

/** The command. */
export const ledger: Command = {
  name: 'ledger',
  help: `Usage: viaduct ledger BRIDGE [topic=FILTER] [outcome=queued|sent|delivered|dropped]
                              [from=TIME] [until=TIME] [limit=50] [page=1]

FILTER is one of MQTT, of the topic here or at the remote. TIME is as 2026-05-01T12:00:00Z, or ms since 1970.
The bridge keeps a ledger where its section has one: ledger { size = 1000, sample = 1 }

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${ledger.help}\n`);
      return ExitCode.done;
    }
    const [name, ...rest] = words;
    const query = new URLSearchParams(rest.map(asked)).toString();
    const path = `/bridges/${pathWord(name, 'the name of a bridge')}/ledger`;
    const page = await api.ask<Page<LedgerEntryView>>('GET', query === '' ? path : `${path}?${query}`);
    if (isJson) io.write(`${JSON.stringify(page)}\n`);
    else for (const one of [...page.items].reverse()) io.write(`${lineOf(one)}\n`);
    return ExitCode.done;
  },
};

function asked(word: string): [key: string, value: string] {
  const at = word.indexOf('=');
  const [key, value] = [word.slice(0, at), word.slice(at + 1)];
  if (!keys.has(key)) throw new UsageError('FLAG', `${word}: expected one of ${[...keys].join(', ')} with =`);
  if ((key !== 'from' && key !== 'until') || /^\d+$/.test(value)) return [key, value];
  const moment = Date.parse(value);
  if (Number.isNaN(moment)) throw new UsageError('FLAG', `${word}: expected a time as 2026-05-01T12:00:00Z`);
  return [key, String(moment)];
}

function lineOf({ at, outcome, topic, remoteTopic, reason, sentAt, settledAt, qos, size }: LedgerEntryView): string {
  const way = remoteTopic === '' || remoteTopic === topic ? topic : `${topic} -> ${remoteTopic}`;
  const took = sentAt === undefined || settledAt === undefined ? '' : `  ${sentAt - at} + ${settledAt - sentAt} ms`;
  const why = reason === undefined ? '' : `  ${reason}`;
  return `${new Date(at).toISOString()}  ${outcome.padEnd(9)} ${way}  QoS ${qos}, ${size} bytes${took}${why}`;
}
