// ClientFlags: the flags that `pub` and `sub` have in common,
// under the names that mosquitto_pub and mosquitto_sub gave
// them.
import { parseArgs } from 'node:util';
import type { Qos } from '../../../protocol/wire/protocol-version.ts';
import { messageOf, UsageError } from '../../base/errors.ts';

/** What `parseArgs` is told of a flag. */
export interface Flag {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
}

/** The flags of both commands. */
export const clientFlags: Readonly<Record<string, Flag>> = {
  host: { type: 'string', short: 'h' },
  port: { type: 'string', short: 'p' },
  url: { type: 'string', short: 'L' },
  unix: { type: 'string' },
  ws: { type: 'boolean' },
  proxy: { type: 'string' },
  id: { type: 'string', short: 'i' },
  'id-prefix': { type: 'string', short: 'I' },
  bind: { type: 'string', short: 'A' },
  nodelay: { type: 'boolean' },
  'disable-clean-session': { type: 'boolean', short: 'c' },
  'max-inflight': { type: 'string', short: 'M' },
  topic: { type: 'string', short: 't', multiple: true },
  qos: { type: 'string', short: 'q' },
  username: { type: 'string', short: 'u' },
  pw: { type: 'string', short: 'P' },
  scram: { type: 'boolean' },
  keepalive: { type: 'string', short: 'k' },
  'protocol-version': { type: 'string', short: 'V' },
  'session-expiry-interval': { type: 'string', short: 'x' },
  cafile: { type: 'string' },
  capath: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  insecure: { type: 'boolean' },
  tls: { type: 'boolean' },
  'tls-version': { type: 'string' },
  'tls-alpn': { type: 'string' },
  ciphers: { type: 'string' },
  'will-topic': { type: 'string' },
  'will-payload': { type: 'string' },
  'will-qos': { type: 'string' },
  'will-retain': { type: 'boolean' },
  debug: { type: 'boolean', short: 'd' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
};

/** The flags as they came, by long name. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** Reads the command line. Throws UsageError for flags that do not exist or lack their value. */
export function parseFlags(args: readonly string[], flags: Readonly<Record<string, Flag>>): FlagValues {
  try {
    return parseArgs({ args: joinNegative(args, flags), options: flags, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error).split('. To specify')[0] ?? '', { cause: error });
  }
}

/** `-m -5` means a value, as in mosquitto's tools: a number is no flag. */
function joinNegative(args: readonly string[], flags: Readonly<Record<string, Flag>>): string[] {
  const joined: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    const value = args[index + 1] ?? '';
    const flag = Object.entries(flags).find(([name, { short }]) => arg === `--${name}` || arg === `-${short}`);
    const isJoined = flag?.[1].type === 'string' && /^-\d/.test(value);
    joined.push(isJoined ? `--${flag?.[0]}=${value}` : arg);
    if (isJoined) index++;
  }
  return joined;
}

/** The text of a flag; undefined if it was not given. */
export function textOf(values: FlagValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** All texts of a flag that may be given several times. */
export function textsOf(values: FlagValues, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** The whole number of a flag. Throws UsageError if it is none, or out of bounds. */
export function numberOf(values: FlagValues, name: string, least: number, most: number): number | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError('FLAG', `--${name} ${text}: expected a whole number from ${least} to ${most}`);
  }
  return number;
}

/** The seconds of a flag, whole or as `0.5`. Throws UsageError if it is no number, or above a million. */
export function secondsOf(values: FlagValues, name: string): number | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,7}(\.\d+)?$/.test(text) || Number(text) > 1_000_000) {
    throw new UsageError('FLAG', `--${name} ${text}: expected seconds from 0 to 1000000, as 0.5`);
  }
  return Number(text);
}

/** The QoS of a flag, 0 unless given. */
export function qosOf(values: FlagValues, name = 'qos'): Qos {
  const number = numberOf(values, name, 0, 2);
  return number === 2 ? 2 : number === 1 ? 1 : 0;
}

/** The part of a help text that is about these flags. */
export const clientFlagsHelp = `Connection:
  -h, --host HOST             default localhost
  -p, --port PORT             default 1883, with TLS 8883
  -L, --url URL               mqtt://[user[:password]@]host[:port][/topic],
                              mqtts://, ws://host:port/path, wss://,
                              unix:///path
      --unix PATH             a Unix socket instead of host and port
      --ws                    MQTT over WebSocket, at the path /mqtt
      --proxy URL             socks5://user:password@host:1080 or
                              http://host:3128
  -A, --bind ADDRESS          the address of this machine to connect from
      --nodelay               as ever: packets never wait for more (Nagle)
  -i, --id ID                 client id; default a random one
  -I, --id-prefix PREFIX      a random client id that begins so
  -u, --username NAME
  -P, --pw PASSWORD
      --scram                 prove the password by SCRAM-SHA-256 instead of
                              sending it (5.0)
  -k, --keepalive SECONDS     default 60; 0 turns it off
  -V, --protocol-version V    mqttv5 (default), mqttv311 or mqttv31;
                              5, 311, 31
  -c, --disable-clean-session go on with the session of an earlier run, and
                              leave it behind; needs -i
  -x, --session-expiry-interval SECONDS
                              how long it is kept (5.0); -1 for ever, which is
                              the default with -c
  -M, --max-inflight COUNT    QoS 1 and 2 messages underway, default 1000
  -D, --property COMMAND PROPERTY VALUE
                              a property of 5.0, as publish content-type text
                              or connect user-property NAME VALUE; may be
                              given several times

TLS, which each of these turns on:
      --tls                   with the authorities of Node
      --cafile FILE           trusted authorities
      --capath DIRECTORY      the same, each in a file (.crt, .pem)
      --cert FILE             certificate of this client
      --key FILE              its key
      --insecure              do not verify the server
      --tls-version V         at least tlsv1.2 (default) or tlsv1.3
      --tls-alpn PROTOCOL     ask for a protocol, as mqtt
      --ciphers LIST          cipher suites, as OpenSSL writes them

Will:
      --will-topic TOPIC      published when this client vanishes
      --will-payload TEXT     default empty
      --will-qos QOS          default 0
      --will-retain           retained

Output:
  -d, --debug                 say what the connection does
      --quiet                 no error messages
      --help                  this text`;
