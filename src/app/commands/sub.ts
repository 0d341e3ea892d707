// `viaduct sub`: prints the messages of one or several filters until it is told to stop, or has seen enough. Every flag
// is checked before anything is dialled. A message is printed before it is acknowledged, so that one that was never
// printed comes again.
import { filterMatches, parseFilter, topicFilterFault } from '../../../protocol/topic/topic-filter.ts';
import type { Qos } from '../../../protocol/wire/protocol-version.ts';
import { messageOf, UsageError } from '../../base/errors.ts';
import { Client } from '../../client/client.ts';
import type { SubscribeOptions } from '../../client/client-options.ts';
import type { ReceivedMessage } from '../../client/received-message.ts';
import {
  clientFlags,
  clientFlagsHelp,
  type FlagValues,
  numberOf,
  parseFlags,
  qosOf,
  textOf,
  textsOf,
} from './client-flags.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';
import { clientOptionsOf, closingOf, targetOf } from './flag-options.ts';
import { formatMessage } from './message-format.ts';
import { type PropertyFlags, takePropertyFlags } from './property-flags.ts';

const flags = {
  ...clientFlags,
  verbose: { type: 'boolean', short: 'v' },
  format: { type: 'string', short: 'F' },
  count: { type: 'string', short: 'C' },
  timeout: { type: 'string', short: 'W' },
  'no-newline': { type: 'boolean', short: 'N' },
  'no-retained': { type: 'boolean', short: 'R' },
  'retained-only': { type: 'boolean' },
  'remove-retained': { type: 'boolean' },
  'filter-out': { type: 'string', short: 'T', multiple: true },
  unsubscribe: { type: 'string', short: 'U', multiple: true },
  'exit-after-subscribe': { type: 'boolean', short: 'E' },
} as const;

/** The command. */
export const sub: Command = {
  name: 'sub',
  help: `Usage: viaduct sub -t FILTER [-t FILTER ...] [flags]

Messages:
  -t, --topic FILTER          may be given several times, or be the path of -L;
                              $share/group/filter too
  -T, --filter-out FILTER     leave out these topics; may be given several times
  -U, --unsubscribe FILTER    end a subscription of the session, as one of an
                              earlier run; may be given several times
  -q, --qos QOS               highest QoS wanted, 0 (default), 1 or 2
  -v, --verbose               print the topic in front of the payload
  -F, --format FORMAT         %t topic, %p payload, %x payload in hex,
                              %l length, %q QoS, %r retain, %I time,
                              %U seconds since 1970, %j all as JSON
  -C, --count COUNT           end after so many messages
  -W, --timeout SECONDS       end after this time, with exit code 1 if -C was
                              not reached
  -R, --no-retained           leave out what was retained
      --retained-only         leave out what was not
      --remove-retained       remove what was retained there, once printed
  -N, --no-newline            no newline behind each message
  -E, --exit-after-subscribe  end when the server has granted the subscriptions

${clientFlagsHelp}

Exit codes: 0 ended in order, 1 failed, 2 wrong usage.`,
  run: async (args, io) => {
    const { rest, properties } = takePropertyFlags(args);
    const values = parseFlags(rest, flags);
    if (values.help === true) {
      io.write(`${sub.help}\n`);
      return ExitCode.done;
    }
    const target = targetOf(values);
    const filters = filtersOf(values, 'topic', target.topic);
    const ended = filtersOf(values, 'unsubscribe');
    if (filters.length + ended.length === 0) throw new UsageError('FLAG', 'at least one filter is needed: -t FILTER');
    if (values['no-retained'] === true && (values['retained-only'] ?? values['remove-retained']) === true) {
      throw new UsageError('FLAG', '-R, with --retained-only or --remove-retained: nothing would be left');
    }
    const bounds = {
      filters,
      ended,
      properties,
      leftOut: filtersOf(values, 'filter-out').map((filter) => parseFilter(filter).filter),
      qos: qosOf(values),
      countMax: numberOf(values, 'count', 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY,
      timeout: numberOf(values, 'timeout', 1, 1_000_000),
    };
    const options = await clientOptionsOf(values, { ...io.ports, properties });
    const listener = new Listener(bounds, values, io);
    // what the session of an earlier run brings comes before anything can be subscribed
    const onUnasked = (message: ReceivedMessage): void => listener.received(message);
    const more = { signal: io.signal, onUnasked };
    const client = await Client.connect(target.url, { ...options, ...more }, { ports: io.ports });
    if (values.debug === true) {
      io.complain(`connected as ${client.clientId}`);
      client.onStatus((status) => io.complain(status.state));
    }
    return await listener.listen(client);
  },
};

/** What is listened to, and until when. */
interface Bounds {
  readonly filters: readonly string[];
  /** What is unsubscribed. */
  readonly ended: readonly string[];
  /** Topics that are not printed, without the part of shared subscriptions. */
  readonly leftOut: readonly string[];
  readonly properties: PropertyFlags;
  readonly qos: Qos;
  readonly countMax: number;
  /** Seconds. */
  readonly timeout: number | undefined;
}

/** The filters of a flag. Throws UsageError for what is none. */
function filtersOf(values: FlagValues, name: string, more?: string): readonly string[] {
  const filters = [...textsOf(values, name), ...(more === undefined ? [] : [more])];
  for (const filter of filters) {
    const fault = topicFilterFault(filter);
    if (fault !== undefined) throw new UsageError('FLAG', `--${name} ${filter}: the filter ${fault}`);
  }
  return filters;
}

/** Prints messages until there are enough, or it is time. */
class Listener {
  readonly #bounds: Bounds;
  readonly #values: FlagValues;
  readonly #io: CommandIo;
  readonly #print: (message: ReceivedMessage) => void;
  readonly #finished: Promise<void>;
  #finish: () => void = () => undefined;
  #count = 0;
  #client: Client | undefined;
  /** Topics of retained messages that came before the client was there: in the turn of its CONNACK. */
  readonly #early: string[] = [];

  constructor(bounds: Bounds, values: FlagValues, io: CommandIo) {
    this.#bounds = bounds;
    this.#values = values;
    this.#io = io;
    this.#print = printerOf(values, io);
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Prints a message, unless it is left out. */
  received(message: ReceivedMessage): void {
    const { countMax, leftOut } = this.#bounds;
    if (this.#count >= countMax || isLeftOut(message, leftOut, this.#values)) return;
    this.#count++;
    this.#print(message);
    if (message.retain && this.#values['remove-retained'] === true) this.#remove(message.topic);
    if (this.#count >= countMax) this.#finish();
  }

  /** Subscribes, waits for the end, and closes the client. */
  async listen(client: Client): Promise<ExitCode> {
    this.#client = client;
    for (const topic of this.#early.splice(0)) this.#remove(topic);
    const { countMax, timeout } = this.#bounds;
    let isTimeout = false;
    this.#io.signal.addEventListener('abort', this.#finish, { once: true });
    void client.closed.then(this.#finish);
    const timer =
      timeout === undefined
        ? undefined
        : this.#io.ports.clock.schedule(timeout * 1000, () => {
            isTimeout = true;
            this.#finish();
          });
    try {
      await this.#subscribe(client);
      if (this.#values['exit-after-subscribe'] !== true) await this.#finished;
    } finally {
      timer?.cancel();
      await client.close(closingOf(this.#values, this.#bounds.properties));
    }
    return isTimeout && this.#count < countMax && Number.isFinite(countMax) ? ExitCode.failed : ExitCode.done;
  }

  async #subscribe(client: Client): Promise<void> {
    const { filters, ended, qos, properties } = this.#bounds;
    const how = { qos, ...subscribeOptionsOf(properties) };
    const { userProperties } = properties.unsubscribe;
    await Promise.all([
      ...filters.map((filter) => client.subscribe(filter, how, (message) => this.received(message))),
      ...ended.map((filter) => client.unsubscribe(filter, userProperties)),
    ]);
  }

  /** An empty retained message removes what the server keeps. */
  #remove(topic: string): void {
    if (this.#client === undefined) this.#early.push(topic);
    this.#client?.publish(topic, '', { qos: 1, retain: true }).catch((error: unknown) => {
      this.#io.complain(`${topic} was not removed: ${messageOf(error)}`);
    });
  }
}

function subscribeOptionsOf({ subscribe }: PropertyFlags): SubscribeOptions {
  const { subscriptionIdentifiers: [subscriptionIdentifier] = [], userProperties } = subscribe;
  return {
    ...(subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier }),
    ...(userProperties === undefined ? {} : { userProperties }),
  };
}

function isLeftOut({ retain, topic }: ReceivedMessage, leftOut: readonly string[], values: FlagValues): boolean {
  if (retain && values['no-retained'] === true) return true;
  if (!retain && values['retained-only'] === true) return true;
  return leftOut.some((filter) => filterMatches(filter, topic));
}

function printerOf(values: FlagValues, io: CommandIo): (message: ReceivedMessage) => void {
  const end = values['no-newline'] === true ? '' : '\n';
  const format = textOf(values, 'format');
  if (format !== undefined) {
    return (message) => io.write(`${formatMessage(format, message, io.ports.clock.wallMs())}${end}`);
  }
  return (message) => {
    if (values.verbose === true) io.write(`${message.topic} `);
    io.write(message.payload);
    if (end !== '') io.write(end);
  };
}
