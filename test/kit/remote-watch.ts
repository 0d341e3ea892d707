// RemoteWatch: stands between an edge and its remote, hands on every byte, and notes where the remote breaks exactly
// once by itself: it sends PUBREL for a message, which gives its identifier back, and later publishes that message
// again. Mosquitto 2.0 and 2.1 do so with whatever awaited PUBCOMP when a second connection begins before they could
// write to the first one. To a receiver that is a new message [MQTT3-4.3.3-2]: nobody behind the remote can know
// better.
//
//   PUBLISH --> published --PUBREL--> released --PUBLISH with DUP--> taken back
//   published, released --PUBLISH without DUP--> published: another message
//
// Bounded: 65,535 identifiers.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { AckView } from '../../protocol/wire/ack-frame.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { PublishView } from '../../protocol/wire/publish-view.ts';

const frameBytesMax = 268_435_460;

/** One session of the edge at a remote of 3.1.1, over all its connections. */
export class RemoteWatch {
  /** Messages that the remote published again after it had released them, as `topic/payload`. */
  readonly takenBack: Set<string> = new Set();
  readonly #server: Server;
  readonly #released = new Set<number>();
  readonly #publish = new PublishView();
  readonly #ack = new AckView();

  private constructor(remotePort: number) {
    this.#server = createServer((edge) => this.#join(edge, connect(remotePort, '127.0.0.1')));
  }

  /** Listens for the edge on a free port of loopback. */
  static async start(remotePort: number): Promise<RemoteWatch> {
    const watch = new RemoteWatch(remotePort);
    watch.#server.listen(0, '127.0.0.1');
    await once(watch.#server, 'listening');
    return watch;
  }

  /** Where the edge finds its remote. */
  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  /** Takes no more connections. */
  close(): void {
    this.#server.close();
  }

  /** One packet that the remote sends, `bytes[start..end)`, whose body begins at `bodyStart`. */
  sent(bytes: Bytes, start: number, bodyStart: number, end: number): void {
    const type = (bytes[start] ?? 0) >> 4;
    if (type === PacketType.pubrel) {
      this.#ack.read(bytes, start, bodyStart, end, ProtocolVersion.v311);
      this.#released.add(this.#ack.packetId);
      return;
    }
    if (type !== PacketType.publish) return;
    const publish = this.#publish;
    publish.read(bytes, start, bodyStart, end, ProtocolVersion.v311);
    if (publish.qos !== 2 || !this.#released.delete(publish.packetId) || !publish.dup) return;
    this.takenBack.add(`${publish.topic()}/${publish.payload().toString().trim()}`);
  }

  #join(edge: Socket, remote: Socket): void {
    const scanner = new FrameScanner(frameBytesMax);
    remote.on('data', (chunk) => {
      scanner.scan(chunk, {
        frame: (bytes, start, bodyStart, end) => {
          this.sent(bytes, start, bodyStart, end);
          return true;
        },
      });
    });
    for (const [from, to] of [
      [edge, remote],
      [remote, edge],
    ] as const) {
      from.setNoDelay(true);
      from.pipe(to);
      // whoever vanishes, vanishes for both
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  }
}
