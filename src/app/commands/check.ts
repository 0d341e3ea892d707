// `viaduct check`: says whether a configuration can be used,
// and what is worth knowing about it, without starting
// anything.
import { UsageError } from '../../base/errors.ts';
import { describeRemote } from '../../base/remote-address.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { tlsFaultOf } from '../tls-check.ts';
import { type Command, ExitCode } from './command-io.ts';

/** The command. */
export const check: Command = {
  name: 'check',
  help: `Usage: viaduct check FILE

Reads the configuration and everything that it includes, and tells every fault with file, line and what was expected.

Exit codes: 0 it can be used, 2 wrong usage, 78 it cannot.`,
  run: async (args, io) => {
    if (args.includes('--help')) {
      io.write(`${check.help}\n`);
      return ExitCode.done;
    }
    const [path, another] = args;
    if (path === undefined || another !== undefined || path.startsWith('-')) {
      throw new UsageError('FLAG', 'exactly one file is needed');
    }
    const { environment, hostname, ports } = io;
    const loaded = await loadConfig({ path, disk: ports.disk, environment, hostname, tlsFaultOf });
    for (const line of summaryOf(loaded)) io.write(`${line}\n`);
    return ExitCode.done;
  },
};

function summaryOf(loaded: LoadedConfig): readonly string[] {
  const { config, notes, files } = loaded;
  return [
    `${files.join(', ')}: fine`,
    ...config.listeners.map((one) => `  listener ${one.name.padEnd(12)} ${describeRemote(one)}${waysOf(one)}`),
    ...config.bridges.flatMap(({ forwards, subscriptions, backups, remoteOrder, ...one }) => [
      `  bridge   ${one.name.padEnd(12)} ${describeRemote(one)}${waysOf(one)}`,
      ...backups.map((other) => `             ${orders[remoteOrder]} ${describeRemote(other)}${waysOf(other)}`),
      ...forwards.map(
        (rule) => `             ${filtersOf(rule.localTopic, rule)} -> ${targetOf(rule.remoteTopic, rule)}`,
      ),
      ...subscriptions.map(
        (rule) => `             ${targetOf(rule.localTopic, rule)} <- ${filtersOf(rule.remoteTopic, rule)}`,
      ),
    ]),
    ...notes.map(({ file, line, code, path, text }) => `${file}:${line}: note: ${path}: ${text} [${code}]`),
  ];
}

const orders = { ordered: 'else', 'round-robin': 'in turns with', weighted: 'or' } as const;

/** What lies between the address and MQTT: ` (TLS, WebSocket at /mqtt)`. */
function waysOf(one: {
  readonly tls?: object;
  readonly webSocket?: { readonly path: string };
  readonly proxySources?: readonly string[];
  readonly weight?: number;
}): string {
  const ways = [
    ...(one.proxySources === undefined ? [] : [`behind ${one.proxySources.join(', ') || 'a proxy'}`]),
    ...(one.tls === undefined ? [] : ['TLS']),
    ...(one.weight === undefined ? [] : [`weight ${one.weight}`]),
    ...(one.webSocket === undefined ? [] : [`WebSocket at ${one.webSocket.path}`]),
  ];
  return ways.length === 0 ? '' : ` (${ways.join(', ')})`;
}

function targetOf(topic: string, rule: { readonly prefix?: string; readonly suffix?: string }): string {
  const name = topic === '' ? '(the same topic)' : topic;
  const before = rule.prefix === undefined ? '' : `'${rule.prefix}' + `;
  const behind = rule.suffix === undefined ? '' : ` + '${rule.suffix}'`;
  return `${before}${name}${behind}`;
}

function filtersOf(first: string, rule: { readonly moreFilters?: readonly string[] }): string {
  return [first, ...(rule.moreFilters ?? [])].join(', ');
}
