// `viaduct map`: what the rules of a configuration make of topics,
// without starting anything. The rules are the real ones, so what is
// printed is what would happen.
import { parseArgs } from 'node:util';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { Qos } from '../../../protocol/wire/protocol-version.ts';
import { messageOf, UsageError } from '../../base/errors.ts';
import { type TriedRule, tryRules } from '../../bridge/try-rules.ts';
import { loadConfig } from '../../config/load.ts';
import { Message } from '../../message/message.ts';
import { Origin } from '../../message/origin.ts';
import { bridgeSettingsOf } from '../from-config.ts';
import { type Command, ExitCode } from './command-io.ts';

/** The command. */
export const map: Command = {
  name: 'map',
  help: `Usage: viaduct map FILE TOPIC...

Tells for each topic which rules of the configuration are about it, and what they make of a message that is published
there: here (forwards) and at the remote (subscription).

  -b, --bridge NAME     only this bridge
      --from SIDE       local, remote; default both
  -q, --qos N           QoS of the message, default 1
  -r, --retain          a retained message
  -m, --message TEXT    its payload, for \${payload:FIELD}
  -i, --id ID           client id of its publisher
  -u, --username NAME   user name of its publisher
      --json            one JSON object a line

Exit codes: 0 done, 1 some topic is the matter of no rule, 2 wrong usage, 78 wrong configuration.`,
  run: async (args, io) => {
    const { values, positionals } = flagsOf(args);
    if (values.help) {
      io.write(`${map.help}\n`);
      return ExitCode.done;
    }
    const [path, ...topics] = positionals;
    if (path === undefined || topics.length === 0) throw new UsageError('FLAG', 'a file and a topic are needed');
    const { environment, hostname, ports } = io;
    const loaded = await loadConfig({ path, disk: ports.disk, environment, hostname });
    const bridges = loaded.config.bridges.filter(({ name }) => values.bridge === undefined || name === values.bridge);
    if (bridges.length === 0)
      throw new UsageError('FLAG', `${path} has no such bridge: ${values.bridge ?? 'it has none'}`);
    let isEachMatched = true;
    for (const topic of topics) {
      const message = messageFor(topic, values);
      const tried = bridges.flatMap((bridge) =>
        tryRules(bridgeSettingsOf(bridge, loaded.pems), message).map((one) => ({
          ...one,
          place: bridge[one.list][one.index]?.place ?? one.index,
        })),
      );
      const shown = tried.filter(({ list }) => values.from === undefined || values.from === sideOf[list]);
      isEachMatched &&= shown.length > 0;
      for (const line of values.json ? shown.map((one) => JSON.stringify({ topic, ...one })) : linesOf(topic, shown)) {
        io.write(`${line}\n`);
      }
    }
    return isEachMatched ? ExitCode.done : ExitCode.failed;
  },
};

/** A rule with its place in the configuration. */
type PlacedRule = TriedRule & { readonly place: number };

const sideOf = { forwards: 'local', subscriptions: 'remote' } as const;

const options = {
  bridge: { type: 'string', short: 'b' },
  from: { type: 'string' },
  qos: { type: 'string', short: 'q' },
  retain: { type: 'boolean', short: 'r' },
  message: { type: 'string', short: 'm' },
  id: { type: 'string', short: 'i' },
  username: { type: 'string', short: 'u' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function parsed(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

function flagsOf(args: readonly string[]): ReturnType<typeof parsed> {
  try {
    const flags = parsed(args);
    const { from, qos } = flags.values;
    if (from !== undefined && from !== 'local' && from !== 'remote') {
      throw new UsageError('FLAG', `--from ${from}: expected local or remote`);
    }
    if (qos !== undefined && !/^[012]$/.test(qos)) throw new UsageError('FLAG', `--qos ${qos}: expected 0, 1 or 2`);
    return flags;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError('FLAG', messageOf(error), { cause: error });
  }
}

function messageFor(topic: string, values: ReturnType<typeof parsed>['values']): Message {
  const origin = new Origin('device', values.id ?? '');
  origin.username = values.username;
  const qos: Qos = values.qos === '0' ? 0 : values.qos === '2' ? 2 : 1;
  return new Message({
    topic,
    payload: bytesOfText(values.message ?? ''),
    qos,
    retain: values.retain ?? false,
    origin,
  });
}

function linesOf(topic: string, tried: readonly PlacedRule[]): readonly string[] {
  if (tried.length === 0) return [topic, '  no rule is about it'];
  return [topic, ...tried.map(lineOf)];
}

function lineOf({ bridge, list, place, result }: PlacedRule): string {
  const arrow = list === 'forwards' ? '->' : '<-';
  const rule = `${list === 'forwards' ? list : 'subscription'}.${place}`;
  const where = `  ${bridge.padEnd(12)} ${rule.padEnd(18)} ${arrow} `;
  if ('dropped' in result) return `${where}dropped: ${result.dropped}${result.why === '' ? '' : `: ${result.why}`}`;
  const properties = result.userProperties.map(([name, value]) => `  ${name}=${value}`).join('');
  return `${where}${result.topic}  qos ${result.qos}${result.retain ? '  retained' : ''}${properties}`;
}
