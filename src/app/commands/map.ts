// `viaduct map`: what the rules of a configuration make of topics,
// without starting anything. The rules are the real ones, so what is
// printed is what would happen.
import { parseArgs } from 'node:util';
import { filterMatches } from '../../../protocol/topic/topic-filter.ts';
import { TopicPattern } from '../../../protocol/topic/topic-pattern.ts';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { Qos } from '../../../protocol/wire/protocol-version.ts';
import { messageOf, UsageError } from '../../base/errors.ts';
import { tryRules } from '../../bridge/try-rules.ts';
import type { BridgeConfig } from '../../config/bridge-config.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { Message } from '../../message/message.ts';
import { Origin } from '../../message/origin.ts';
import { bridgeSettingsOf } from '../from-config.ts';
import { type Command, ExitCode } from './command-io.ts';
import { type MapLine, type MappedTopic, mapLines } from './map-view.ts';

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
    const side = values.from === undefined ? undefined : values.from === 'local' ? 'forwards' : 'subscriptions';
    const mapped = topics.map((topic): MappedTopic => {
      const lines = bridges.flatMap((bridge) => linesOf(bridge, loaded.pems, messageFor(topic, values)));
      return { topic, lines: lines.filter(({ list }) => side === undefined || list === side) };
    });
    if (values.json) {
      for (const { topic, lines } of mapped) {
        for (const line of lines) io.write(`${JSON.stringify({ topic, ...line })}\n`);
      }
    } else {
      const screen = { isTerminal: io.isTerminal, columns: io.size?.().columns };
      for (const line of mapLines(mapped, screen)) io.write(`${line}\n`);
    }
    const isMatter = ({ lines }: MappedTopic): boolean => lines.some(({ result }) => !('leftOut' in result));
    return mapped.every(isMatter) ? ExitCode.done : ExitCode.failed;
  },
};

/** What the rules of a bridge make of a message, and which leave it alone although a filter of theirs matches. */
function linesOf(bridge: BridgeConfig, pems: LoadedConfig['pems'], message: Message): readonly MapLine[] {
  const tried = tryRules(bridgeSettingsOf(bridge, pems), message).map(({ index, ...one }) => ({
    ...one,
    place: bridge[one.list][index]?.place ?? index,
  }));
  const taker = tried.find(({ list }) => list === 'subscriptions');
  const leftOut = (['forwards', 'subscriptions'] as const).flatMap((list) =>
    bridge[list].flatMap((rule): readonly MapLine[] => {
      if (tried.some((one) => one.list === list && one.place === rule.place)) return [];
      const first = 'qos' in rule && 'isNoLocal' in rule ? rule.remoteTopic : rule.localTopic;
      const why = whyLeftOut([first, ...(rule.moreFilters ?? [])], rule.excludes ?? [], message.topic);
      if (why === undefined) return [];
      const taken = why === '' && taker !== undefined ? `subscription.${taker.place} has taken it` : why;
      return taken === '' ? [] : [{ bridge: bridge.name, list, place: rule.place, result: { leftOut: taken } }];
    }),
  );
  return [...tried, ...leftOut].sort((one, other) => order(one) - order(other));
}

function order({ list, place }: MapLine): number {
  return (list === 'forwards' ? 0 : 1_000_000) + place;
}

/** Which exclude keeps a topic out that a filter matches; empty where none does, undefined where no filter matches. */
function whyLeftOut(filters: readonly string[], excludes: readonly string[], topic: string): string | undefined {
  const isAbout = filters.some((filter) => {
    const pattern = TopicPattern.compile(filter.replace(/^\$share\/[^/]+\//, ''));
    return pattern instanceof TopicPattern && pattern.matches(topic);
  });
  if (!isAbout) return undefined;
  const exclude = excludes.find((filter) => filterMatches(filter, topic));
  return exclude === undefined ? '' : `left out: exclude ${exclude}`;
}

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
