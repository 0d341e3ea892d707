// `viaduct pub`: publishes one message, a file, standard input, or one message for each of its lines. Every flag is
// checked before anything is dialled. A repeated message may wait between its copies.
//
// Bounded: at most `underwayMax` messages wait for their acknowledgement, so that a long input does not pile up.
import { UsageError } from '../../base/errors.ts';
import { Client } from '../../client/client.ts';
import type { PublishOptions } from '../../client/client-options.ts';
import type { Clock } from '../../ports/ports.ts';
import {
  clientFlags,
  clientFlagsHelp,
  type FlagValues,
  numberOf,
  parseFlags,
  qosOf,
  secondsOf,
  textOf,
  textsOf,
} from './client-flags.ts';
import { type Command, type CommandIo, ExitCode } from './command-io.ts';
import { bytesOfFile, bytesOfStream, clientOptionsOf, closingOf, targetOf } from './flag-options.ts';
import { linesOf } from './input-lines.ts';
import { takePropertyFlags } from './property-flags.ts';

const flags = {
  ...clientFlags,
  message: { type: 'string', short: 'm' },
  file: { type: 'string', short: 'f' },
  'stdin-line': { type: 'boolean', short: 'l' },
  'stdin-file': { type: 'boolean', short: 's' },
  'null-message': { type: 'boolean', short: 'n' },
  retain: { type: 'boolean', short: 'r' },
  repeat: { type: 'string' },
  'repeat-delay': { type: 'string' },
} as const;

/** The command. */
export const pub: Command = {
  name: 'pub',
  help: `Usage: viaduct pub -t TOPIC (-m TEXT | -f FILE | -l | -s | -n) [flags]

Message:
  -t, --topic TOPIC           may be the path of -L instead
  -m, --message TEXT          the payload
  -f, --file FILE             the payload is the file's content, byte for byte
  -l, --stdin-line            one message for each line of standard input
  -s, --stdin-file            the payload is standard input
  -n, --null-message          an empty payload
  -q, --qos QOS               0 (default), 1 or 2
  -r, --retain                the broker keeps it for those who come later
      --repeat COUNT          send it this often (not with -l)
      --repeat-delay SECONDS  wait between, as 0.5; default 0

${clientFlagsHelp}

Exit codes: 0 published (QoS 1 and 2: acknowledged), 1 failed, 2 wrong usage.`,
  run: async (args, io) => {
    const { rest, properties } = takePropertyFlags(args);
    const values = parseFlags(rest, flags);
    if (values.help === true) {
      io.write(`${pub.help}\n`);
      return ExitCode.done;
    }
    const target = targetOf(values);
    const [topic = target.topic, another] = textsOf(values, 'topic');
    if (topic === undefined || another !== undefined)
      throw new UsageError('FLAG', 'exactly one topic is needed: -t TOPIC');
    const how = { qos: qosOf(values), retain: values.retain === true, properties: properties.publish };
    const payloads = await payloadsOf(values, io);
    const options = await clientOptionsOf(values, { ...io.ports, properties });
    const client = await Client.connect(target.url, { ...options, signal: io.signal }, { ports: io.ports });
    if (values.debug === true) io.complain(`connected as ${client.clientId}`);
    try {
      await publishAll(client, topic, payloads, how);
    } finally {
      await client.close(closingOf(values, properties));
    }
    return ExitCode.done;
  },
};

/** At most this many are underway, so that a long input does not pile up in memory. */
const underwayMax = 1000;

async function publishAll(
  client: Client,
  topic: string,
  payloads: AsyncIterable<string | Uint8Array>,
  options: PublishOptions,
): Promise<void> {
  let failed: unknown;
  const underway = new Set<Promise<void>>();
  for await (const payload of payloads) {
    const one = client.publish(topic, payload, options).then(
      () => undefined,
      (error: unknown) => {
        failed ??= error;
      },
    );
    underway.add(one);
    void one.then(() => underway.delete(one));
    if (underway.size >= underwayMax) await Promise.race(underway);
    if (failed !== undefined) break;
  }
  await Promise.all(underway);
  if (failed !== undefined) throw failed;
}

async function payloadsOf(values: FlagValues, io: CommandIo): Promise<AsyncIterable<string | Uint8Array>> {
  const message = textOf(values, 'message');
  const file = textOf(values, 'file');
  const kinds = [
    message !== undefined,
    file !== undefined,
    values['stdin-line'],
    values['stdin-file'],
    values['null-message'],
  ];
  if (kinds.filter((one) => one === true).length !== 1) {
    throw new UsageError('FLAG', 'exactly one of -m, -f, -l, -s and -n is needed');
  }
  const count = numberOf(values, 'repeat', 1, 1_000_000_000) ?? 1;
  const delayMs = (secondsOf(values, 'repeat-delay') ?? 0) * 1000;
  if (values['stdin-line'] === true) {
    if (values.repeat !== undefined) throw new UsageError('FLAG', '--repeat and -l: expected one of them');
    return linesOf(io.input);
  }
  let payload: string | Uint8Array = message ?? '';
  if (file !== undefined) payload = await bytesOfFile(file, io.ports.disk);
  if (values['stdin-file'] === true) payload = await bytesOfStream(io.input);
  return repeated(payload, { count, delayMs }, io);
}

async function* repeated(
  payload: string | Uint8Array,
  { count, delayMs }: { readonly count: number; readonly delayMs: number },
  { ports, signal }: CommandIo,
): AsyncGenerator<string | Uint8Array> {
  for (let index = 0; index < count && !signal.aborted; index++) {
    if (index > 0 && delayMs > 0) await pause(ports.clock, delayMs, signal);
    if (!signal.aborted) yield payload;
  }
}

/** Waits, or until the command is to end. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.schedule(delayMs, end);
    function end(): void {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}
