// SlowRoad: a long line to a broker of loopback, for tests that count instead of measuring: each way takes some time,
// and acknowledgements come back in flights: as many as the window holds, together. So how many flights a drain takes
// says how full the window was kept, however slow the machine. A flight that nothing is added to for `quietMs` leaves
// as it is. Lines can be cut, and refused for a while.
// Bounded by what the window lets be underway.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Bytes, bytesOf, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';

/** How long the road is. */
export interface SlowRoadOptions {
  /** Each way, in ms. */
  readonly delayMs: number;
  /** Acknowledgements of a flight. Default 1: each comes back by itself. */
  readonly window?: number;
}

const quietMs = 1500;
const frameBytesMax = 1_000_000;

/** One connection over the road. */
class RoadLine {
  flights = 0;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #options: SlowRoadOptions;
  readonly #scanner = new FrameScanner(frameBytesMax);
  readonly #held: Bytes[] = [];
  #quiet: NodeJS.Timeout | undefined;

  constructor(near: Socket, port: number, options: SlowRoadOptions) {
    this.#near = near;
    this.#options = options;
    this.#far = connect(port, '127.0.0.1').setNoDelay(true);
    near.setNoDelay(true);
    near.on('data', (chunk) => this.#later(() => this.#far.write(chunk)));
    this.#far.on('data', (chunk) => this.#back(bytesOf(chunk)));
    for (const socket of [near, this.#far]) socket.on('error', () => undefined).on('close', () => this.cut());
  }

  cut(): void {
    clearTimeout(this.#quiet);
    this.#near.destroy();
    this.#far.destroy();
  }

  #back(chunk: Bytes): void {
    const others: Bytes[] = [];
    this.#scanner.scan(chunk, {
      frame: (bytes, start, _body, end) => {
        const isAck = (bytes[start] ?? 0) >> 4 === PacketType.puback;
        (isAck ? this.#held : others).push(copyOfBytes(bytes, start, end));
        if (this.#held.length >= (this.#options.window ?? 1)) this.#release();
        return true;
      },
    });
    if (others.length > 0) this.#later(() => this.#near.write(joinBytes(others)));
    clearTimeout(this.#quiet);
    if (this.#held.length > 0) this.#quiet = setTimeout(() => this.#release(), quietMs);
  }

  #release(): void {
    const flight = joinBytes(this.#held.splice(0));
    this.flights++;
    this.#later(() => this.#near.write(flight));
  }

  #later(run: () => void): void {
    setTimeout(run, this.#options.delayMs);
  }
}

/** The road. */
export class SlowRoad {
  readonly port: number;
  /** Whoever comes is turned away. */
  isClosed = false;
  readonly #server: Server;
  readonly #lines: Set<RoadLine>;

  private constructor(server: Server, lines: Set<RoadLine>) {
    this.#server = server;
    this.#lines = lines;
    // as: a server that listens on a port has an address of that kind
    this.port = (server.address() as AddressInfo).port;
  }

  /** A road to a port of loopback. */
  static async open(port: number, options: SlowRoadOptions): Promise<SlowRoad> {
    const lines = new Set<RoadLine>();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const road = new SlowRoad(server, lines);
    server.on('connection', (socket) => {
      if (road.isClosed) socket.destroy();
      else lines.add(new RoadLine(socket, port, options));
    });
    return road;
  }

  /** How many flights came back over each connection that ever was, those without any left out. */
  get flights(): readonly number[] {
    return [...this.#lines].map(({ flights }) => flights).filter((count) => count > 0);
  }

  /** Cuts all connections; new ones may come. */
  cut(): void {
    for (const line of this.#lines) line.cut();
  }

  /** Ends it. */
  dispose(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
