// `viaduct pub`: publishes one message, a file, standard input, or one message for each of its lines. Every flag is
// checked before anything is dialled. Bounded: at most `underwayMax` messages wait for their acknowledgement, so that a
// long input does not pile up.
import { bytesOf, joinBytes } from '../../../protocol/wire/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import { Client } from '../../client/client.ts';
import type { PublishOptions } from '../../client/client-options.ts';
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
import { linesOf } from './input-lines.ts';

const flags = {
  ...clientFlags,
  message: { type: 'string', short: 'm' },
  file: { type: 'string', short: 'f' },
  'stdin-line': { type: 'boolean', short: 'l' },
  'stdin-file': { type: 'boolean', short: 's' },
  'null-message': { type: 'boolean', short: 'n' },
  retain: { type: 'boolean', short: 'r' },
  repeat: { type: 'string' },
} as const;

/** The command. */
export const pub: Command = {
  name: 'pub',
  help: `Usage: viaduct pub -t TOPIC (-m TEXT | -f FILE | -l | -s | -n) [flags]

Message:
  -t, --topic TOPIC
  -m, --message TEXT            the payload
  -f, --file FILE               the payload is the file's content
  -l, --stdin-line              one message for each line of standard input
  -s, --stdin-file              the payload is standard input
  -n, --null-message            an empty payload
  -q, --qos QOS                 0 (default), 1 or 2
  -r, --retain                  the broker keeps it for those who come later
      --repeat COUNT            send it this often

${clientFlagsHelp}

Exit codes: 0 published (QoS 1 and 2: acknowledged), 1 failed, 2 wrong usage.`,
  run: async (args, io) => {
    const values = parseFlags(args, flags);
    if (values.help === true) {
      io.write(`${pub.help}\n`);
      return ExitCode.done;
    }
    const [topic, another] = textsOf(values, 'topic');
    if (topic === undefined || another !== undefined)
      throw new UsageError('FLAG', 'exactly one topic is needed: -t TOPIC');
    const how = { qos: qosOf(values), retain: values.retain === true };
    const payloads = await payloadsOf(values, io);
    const options = await clientOptionsOf(values, io.ports.disk);
    const client = await Client.connect(urlOf(values), { ...options, signal: io.signal }, { ports: io.ports });
    if (values.debug === true) io.complain(`connected as ${client.clientId}`);
    try {
      await publishAll(client, topic, payloads, how);
    } finally {
      await client.close();
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
  if (values['stdin-line'] === true) return linesOf(io.input);
  let payload: string | Uint8Array = message ?? '';
  if (file !== undefined) payload = await io.ports.disk.readText(file);
  if (values['stdin-file'] === true) payload = await allOf(io.input);
  return repeated(payload, numberOf(values, 'repeat', 1, 1_000_000_000) ?? 1);
}

async function* repeated(payload: string | Uint8Array, count: number): AsyncGenerator<string | Uint8Array> {
  for (let index = 0; index < count; index++) yield payload;
}

async function allOf(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of input) parts.push(part);
  return joinBytes(parts.map(bytesOf));
}
