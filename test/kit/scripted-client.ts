// Scripted client: our client, and the bytes of the server that it talks to, which the test writes one by one.
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/client-options.ts';
import { type Conversation, scriptedServer } from './conversation.ts';
import { World } from './world.ts';

/** A client and the server's end of each of its connections, the newest last. */
export interface ScriptedClient {
  readonly world: World;
  readonly client: Client;
  readonly peers: readonly Conversation[];
  /** The server's end of the newest connection. */
  readonly peer: Conversation;
  /** What CONNECT was, in hexadecimal digits. */
  readonly connect: string;
}

/** Options of a client of 3.1.1 with the client id `c`. */
export const client3: Partial<ClientOptions> = { version: ProtocolVersion.v311, clientId: 'c' };

/** A client whose server answers CONNECT with `connack`. */
export async function connected(options: Partial<ClientOptions> = {}, connack = '20020000'): Promise<ScriptedClient> {
  const world = new World();
  const peers = await scriptedServer(world);
  const merged = { ...client3, ...options };
  const connecting = Client.connect('mqtt://127.0.0.1', merged, { ports: world.ports, turn: world.turn });
  connecting.catch(() => undefined);
  await world.clock.advance(1);
  const peer = peerOf(peers);
  const connect = await peer.heard();
  peer.say(connack);
  await world.clock.settle();
  return { world, client: await connecting, peers, peer, connect };
}

/** Waits for the client's next connection; returns it, and its CONNECT in hexadecimal digits. */
export async function reconnected(
  { world, peers }: ScriptedClient,
  connack: string,
): Promise<{ readonly peer: Conversation; readonly connect: string }> {
  const before = peers.length;
  for (let waited = 0; peers.length === before && waited < 60; waited++) await world.clock.advance(1000);
  const peer = peerOf(peers);
  const connect = await peer.heard();
  peer.say(connack);
  return { peer, connect };
}

function peerOf(peers: readonly Conversation[]): Conversation {
  const peer = peers.at(-1);
  if (peer === undefined) throw new Error('nobody connected');
  return peer;
}
