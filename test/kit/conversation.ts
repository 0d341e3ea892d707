// Conversation: one end of a connection that speaks and hears exact bytes, for tests that look at frames as they are
// and do not ask our own codec what it thinks of them. Frames are written in a small notation:
//
//   hexadecimal digits   these bytes                     10 0a00
//   <text>               UTF-8 behind its length, two bytes, as the standard writes strings
//   "text"               UTF-8 without a length: a payload
//   ( ... )              what is inside, behind its length in as many bytes as it needs: a packet's body, properties
//
// A CONNECT of 3.1.1 is `10 (<MQTT> 04 02 0000 <client>)`, a PUBLISH of QoS 1 is `32 (<topic> 0001 "payload")`.
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import type { Socket } from '../../src/ports/ports.ts';
import type { World } from './world.ts';

/** The hexadecimal digits of bytes written in the notation. Throws where it is not understood. */
export function wire(notation: string): string {
  const levels: string[] = [''];
  const pattern = /\s+|(?<hex>(?:[0-9a-f]{2})+)|<(?<string>[^>]*)>|"(?<text>[^"]*)"|\(|\)/gy;
  let end = 0;
  for (const match of notation.matchAll(pattern)) {
    const { hex, string, text } = match.groups ?? {};
    const inner = levels.at(-1) ?? '';
    if (match[0] === '(') levels.push('');
    else if (match[0] === ')' && levels.length === 1) break;
    else if (match[0] === ')') levels.splice(-2, 2, `${levels.at(-2) ?? ''}${lengthOf(inner.length / 2)}${inner}`);
    else levels[levels.length - 1] = inner + (hex ?? (string === undefined ? hexOf(text ?? '') : stringOf(string)));
    end = match.index + match[0].length;
  }
  if (end !== notation.length || levels.length !== 1) throw new Error(`not understood: ${notation.slice(end)}`);
  return levels[0] ?? '';
}

/** One end of a connection, byte by byte. */
export class Conversation {
  /** The other end closed the connection, or it was cut. */
  isClosed = false;
  readonly #socket: Socket;
  readonly #world: World;
  #heard = '';

  constructor(socket: Socket, world: World) {
    this.#socket = socket;
    this.#world = world;
    socket.listen({
      received: (chunk) => {
        this.#heard += bytesOf(chunk).toString('hex');
      },
      drained: () => undefined,
      ended: () => socket.end(),
      closed: () => {
        this.isClosed = true;
      },
    });
  }

  /** Writes frames, all of them in one write. */
  say(...notations: readonly string[]): void {
    this.#write(wire(notations.join(' ')));
  }

  /** Writes frames byte by byte, each of them arriving alone. */
  async spell(...notations: readonly string[]): Promise<void> {
    for (const [byte] of wire(notations.join(' ')).matchAll(/../g)) {
      this.#write(byte);
      await this.#world.clock.settle();
    }
  }

  /** The hexadecimal digits of everything that came since the last call, after all that can happen has happened. */
  async heard(): Promise<string> {
    await this.#world.clock.settle();
    const heard = this.#heard;
    this.#heard = '';
    return heard;
  }

  /** Says something, and returns what came back. */
  ask(...notations: readonly string[]): Promise<string> {
    this.say(...notations);
    return this.heard();
  }

  /** Cuts the connection: no DISCONNECT, nothing. */
  async cut(): Promise<void> {
    this.#socket.destroy();
    await this.#world.clock.settle();
  }

  #write(hex: string): void {
    this.#socket.write([bytesOf(Buffer.from(hex, 'hex'))]);
  }
}

/** Dials a port and says something; what came back is the second of the pair. */
export async function converse(
  world: World,
  opening: string,
  port = 1883,
): Promise<{ readonly peer: Conversation; readonly answer: string }> {
  const peer = new Conversation(await world.net.dial({ host: '127.0.0.1', port, timeoutMs: 1000 }), world);
  return { peer, answer: await peer.ask(opening) };
}

/** A server that says only what the test tells it; each connection to it is one of `peers`, the newest last. */
export async function scriptedServer(world: World, port = 1883): Promise<Conversation[]> {
  const peers: Conversation[] = [];
  await world.net.listen({ host: '127.0.0.1', port }, (socket) => peers.push(new Conversation(socket, world)));
  return peers;
}

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}

function stringOf(text: string): string {
  const bytes: Bytes = bytesOf(Buffer.from(text));
  return bytes.length.toString(16).padStart(4, '0') + bytes.toString('hex');
}

/** A variable byte integer: seven bits a byte, the lowest first. */
function lengthOf(count: number): string {
  const byte = (count % 128) + (count > 127 ? 128 : 0);
  const rest = Math.floor(count / 128);
  return byte.toString(16).padStart(2, '0') + (rest > 0 ? lengthOf(rest) : '');
}
