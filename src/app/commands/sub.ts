// `viaduct sub`: prints the messages of one or several filters until it is told to stop, or has seen enough. Every flag
// is checked before anything is dialled. A message is printed before it is acknowledged, so that one that was never
// printed comes again.
import type { Qos } from '../../../protocol/wire/protocol-version.ts';
import { UsageError } from '../../base/errors.ts';
import { Client } from '../../client/client.ts';
import type { ReceivedMessage } from '../../client/received-message.ts';
import {
  clientFlags,
  clientFlagsHelp,
  clientOptionsOf,
  type FlagValues,
  numberOf,
  parseFlags,
  qosOf,
  textOf,
  textsOf,
  urlOf,
} from './client-flags.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';
import { formatMessage } from './message-format.ts';

const flags = {
  ...clientFlags,
  verbose: { type: 'boolean', short: 'v' },
  format: { type: 'string', short: 'F' },
  count: { type: 'string', short: 'C' },
  timeout: { type: 'string', short: 'W' },
  'disable-clean-session': { type: 'boolean', short: 'c' },
  'no-newline': { type: 'boolean', short: 'N' },
  'no-retained': { type: 'boolean', short: 'R' },
  'exit-after-subscribe': { type: 'boolean', short: 'E' },
} as const;

/** The command. */
export const sub: Command = {
  name: 'sub',
  help: `Usage: viaduct sub -t FILTER [-t FILTER ...] [flags]

Messages:
  -t, --topic FILTER            may be given several times; $share/group/filter too
  -q, --qos QOS                 highest QoS wanted, 0 (default), 1 or 2
  -v, --verbose                 print the topic in front of the payload
  -F, --format FORMAT           %t topic, %p payload, %x payload in hex, %l length, %q QoS,
                                %r retain, %I time, %U seconds since 1970, %j all as JSON
  -C, --count COUNT             end after so many messages
  -W, --timeout SECONDS         end after this time, with exit code 1 if -C was not reached
  -R, --no-retained             leave out what was retained
  -N, --no-newline              no newline behind each message
  -c, --disable-clean-session   keep the session; needs -i
  -E, --exit-after-subscribe    end when the server has granted the subscriptions

${clientFlagsHelp}

Exit codes: 0 ended in order, 1 failed, 2 wrong usage.`,
  run: async (args, io) => {
    const values = parseFlags(args, flags);
    if (values.help === true) {
      io.write(`${sub.help}\n`);
      return ExitCode.done;
    }
    const filters = textsOf(values, 'topic');
    if (filters.length === 0) throw new UsageError('FLAG', 'at least one filter is needed: -t FILTER');
    const isKept = values['disable-clean-session'] === true;
    if (isKept && values.id === undefined) throw new UsageError('FLAG', '-c needs a client id: -i ID');
    const bounds = {
      filters,
      qos: qosOf(values),
      countMax: numberOf(values, 'count', 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY,
      timeout: numberOf(values, 'timeout', 1, 1_000_000),
    };
    const options = await clientOptionsOf(values, io.ports.disk);
    // nothing is ever left unfinished: a message is acknowledged when it has been written
    const session = isKept ? { hasSessionState: true, sessionExpiryInterval: 0xffff_ffff } : {};
    const more = { cleanStart: !isKept, ...session, signal: io.signal };
    const client = await Client.connect(urlOf(values), { ...more, ...options }, { ports: io.ports });
    if (values.debug === true) {
      io.complain(`connected as ${client.clientId}`);
      client.onStatus((status) => io.complain(status.state));
    }
    return await listen(client, bounds, values, io);
  },
};

/** What is listened to, and until when. */
interface Bounds {
  readonly filters: readonly string[];
  readonly qos: Qos;
  readonly countMax: number;
  /** Seconds. */
  readonly timeout: number | undefined;
}

async function listen(client: Client, bounds: Bounds, values: FlagValues, io: CommandIo): Promise<ExitCode> {
  const { countMax, timeout, qos } = bounds;
  const print = printerOf(values, io);
  let count = 0;
  let isTimeout = false;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const onMessage = (message: ReceivedMessage): void => {
    if (count >= countMax || (message.retain && values['no-retained'] === true)) return;
    count++;
    print(message);
    if (count >= countMax) finish();
  };
  io.signal.addEventListener('abort', finish, { once: true });
  void client.closed.then(finish);
  const timer =
    timeout === undefined
      ? undefined
      : io.ports.clock.schedule(timeout * 1000, () => {
          isTimeout = true;
          finish();
        });
  try {
    await Promise.all(bounds.filters.map((filter) => client.subscribe(filter, { qos }, onMessage)));
    if (values['exit-after-subscribe'] !== true) await finished;
  } finally {
    timer?.cancel();
    await client.close();
  }
  return isTimeout && count < countMax && Number.isFinite(countMax) ? ExitCode.failed : ExitCode.done;
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
