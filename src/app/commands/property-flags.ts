// PropertyFlags: `-D COMMAND PROPERTY VALUE`, the way in which mosquitto_pub and mosquitto_sub take properties of MQTT
// 5.0. The table of the standard says which property a packet may carry and what its value looks like, so a wrong word
// is told with the right ones before anything is dialled.
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { writeProperties } from '../../../protocol/wire/property-block.ts';
import { PropertyPlace, type PropertyRow, propertyRows } from '../../../protocol/wire/property-names.ts';
import { messageOf, UsageError } from '../../base/errors.ts';

/** The packets whose properties can be given. */
const commands = ['connect', 'will', 'publish', 'subscribe', 'unsubscribe', 'disconnect'] as const;

/** The name of one of these packets. */
export type PropertyCommand = (typeof commands)[number];

/** The properties of each packet; empty where none was given. */
export type PropertyFlags = Readonly<Record<PropertyCommand, Properties>>;

/** Properties that are the client's own matter: aliases are chosen by it, methods by `--scram`. */
const own: ReadonlySet<string> = new Set(['topic-alias', 'authentication-method', 'authentication-data']);

/** Takes `-D` and `--property` out of a command line. Throws UsageError for what cannot be. */
export function takePropertyFlags(args: readonly string[]): {
  readonly rest: readonly string[];
  readonly properties: PropertyFlags;
} {
  const rest: string[] = [];
  const found: Record<PropertyCommand, Record<string, unknown>> = {
    connect: {},
    will: {},
    publish: {},
    subscribe: {},
    unsubscribe: {},
    disconnect: {},
  };
  for (let index = 0; index < args.length; ) {
    const arg = args[index] ?? '';
    if (arg !== '-D' && arg !== '--property') {
      rest.push(arg);
      index++;
      continue;
    }
    const command = commandOf(args[index + 1]);
    const row = rowOf(command, args[index + 2]);
    const count = row.kind === 'pair' ? 2 : 1;
    const values = args.slice(index + 3, index + 3 + count);
    if (values.length < count) throw fault(`${command} ${nameOf(row)}`, row.kind === 'pair' ? 'NAME VALUE' : 'a value');
    add(found[command], row, values);
    index += 3 + count;
  }
  const properties = found as PropertyFlags; // as: the table gives each name the type that `Properties` declares
  for (const command of commands) check(command, properties[command]);
  return { rest, properties };
}

function commandOf(text = ''): PropertyCommand {
  const command = commands.find((one) => one === text);
  if (command === undefined) throw fault(text, `COMMAND PROPERTY VALUE, COMMAND one of ${commands.join(', ')}`);
  return command;
}

function rowOf(command: PropertyCommand, name = ''): PropertyRow {
  const rows = propertyRows().filter((row) => (row.places & PropertyPlace[command]) > 0 && isGiven(command, row));
  const row = rows.find((one) => nameOf(one) === name);
  if (row === undefined) throw fault(`${command} ${name}`, `one of ${rows.map(nameOf).join(', ')}`);
  return row;
}

/** Whether it is the application's to give: subscription identifiers and server references of servers are not. */
function isGiven(command: PropertyCommand, row: PropertyRow): boolean {
  if (row.name === 'serverReference' || own.has(nameOf(row))) return false;
  return command !== 'publish' || row.name !== 'subscriptionIdentifiers';
}

/** `messageExpiryInterval` as mosquitto writes it: message-expiry-interval; names of lists in the singular. */
function nameOf({ name }: PropertyRow): string {
  if (name === 'userProperties') return 'user-property';
  if (name === 'subscriptionIdentifiers') return 'subscription-identifier';
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function add(properties: Record<string, unknown>, row: PropertyRow, values: readonly string[]): void {
  const { name, kind } = row;
  const [text = '', more = ''] = values;
  const before = properties[name];
  if (kind === 'pair') properties[name] = [...(Array.isArray(before) ? before : []), [text, more]];
  else if (before !== undefined) throw fault(nameOf(row), 'it once');
  else if (kind === 'text') properties[name] = text;
  else if (kind === 'bytes') properties[name] = bytesOfText(text);
  else if (kind === 'flag') properties[name] = numberOf(row, text, 1) === 1;
  else if (kind === 'varint') properties[name] = [numberOf(row, text, 268_435_455)];
  else properties[name] = numberOf(row, text, numbersMax[kind]);
}

/** The one byte that an application gives is the payload format: 0 or 1. */
const numbersMax = { byte: 1, uint16: 65_535, uint32: 0xffff_ffff } as const;

function numberOf(row: PropertyRow, text: string, most: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  throw fault(`${nameOf(row)} ${text}`, `a whole number from 0 to ${most}`);
}

/** What only the whole block shows, as a 0 where the standard has none. */
function check(command: PropertyCommand, properties: Properties): void {
  try {
    writeProperties(properties, PropertyPlace[command]);
  } catch (error) {
    throw new UsageError('FLAG', `-D ${command}: ${messageOf(error)}`, { cause: error });
  }
}

function fault(given: string, expected: string): UsageError {
  return new UsageError('FLAG', `-D ${given}: expected ${expected}`);
}
