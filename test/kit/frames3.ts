// Frames of 3.1 and 3.1.1 in the notation of conversations, for what is the same in most tests: a CONNECT, and opening
// a conversation with one that is accepted.
import { type Conversation, converse } from './conversation.ts';
import type { World } from './world.ts';

/** What a CONNECT says besides its client id. */
export interface Connect3 {
  /** Connect flags, two digits; default clean session and nothing else. */
  readonly flags?: string;
  /** Keep-alive, four digits; default none. */
  readonly keepAlive?: string;
  /** What follows the client id: will, user name, password. */
  readonly rest?: string;
  /** Protocol name and level; default those of 3.1.1. */
  readonly protocol?: string;
}

/** Name and level of the two versions. */
export const protocols = { v311: '<MQTT> 04', v31: '<MQIsdp> 03' } as const;

/** CONNACK that accepts, without and with a session. */
export const accepted = '20020000';
/** See `accepted`. */
export const resumed = '20020100';
/** DISCONNECT. */
export const disconnect = 'e000';

/** A CONNECT in the notation. */
export function connect3(clientId: string, more: Connect3 = {}): string {
  const { flags = '02', keepAlive = '0000', rest = '', protocol = protocols.v311 } = more;
  return `10 (${protocol} ${flags} ${keepAlive} <${clientId}> ${rest})`;
}

/** A conversation of a client that was accepted, with or without a session. */
export async function welcome(world: World, clientId: string, more: Connect3 = {}, port = 1883): Promise<Conversation> {
  const { peer, answer } = await converse(world, connect3(clientId, more), port);
  if (answer !== accepted && answer !== resumed && !answer.startsWith(resumed))
    throw new Error(`not accepted: ${answer}`);
  return peer;
}

/** A conversation of a client that is subscribed to filters at QoS 2. */
export async function listener(world: World, clientId: string, ...filters: readonly string[]): Promise<Conversation> {
  const peer = await welcome(world, clientId);
  await peer.ask(`82 (7fff ${filters.map((filter) => `<${filter}> 02`).join(' ')})`);
  return peer;
}
