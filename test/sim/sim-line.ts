// SimLine: one connection between two nodes, with everything that can happen to it: it takes time, it is cut at a byte,
// it goes dead in one or both directions without a word, it stands still and goes on, it delivers byte by byte.
//
// Bounded: what is under way by what its ends write; a line that is dead is over when its ends have given up.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Road } from './road.ts';
import { SimSocket, type SocketLine } from './sim-socket.ts';

/** Hears what passes; see `LineWatch`. */
export interface LineObserver {
  /** An end has written bytes. */
  sent(side: 0 | 1, bytes: Bytes): void;
  /** An end is given bytes. */
  delivered(side: 0 | 1, bytes: Bytes): void;
  /** The line is over for an end. */
  closed(side: 0 | 1): void;
}

/** What a line needs of the network. */
export interface LineHost {
  readonly road: Road;
  /** Runs after some time, unless the node of that side has gone. */
  after(side: 0 | 1, delayMs: number, run: () => void): void;
  /** Time on the way, in ms. */
  latencyMs(): number;
  /** The line is over for both ends. */
  gone(line: SimLine): void;
}

interface Direction {
  /** When the last of what is under way arrives. */
  arrivesAt: number;
  /** It goes nowhere, and nobody is told. */
  isDead: boolean;
  /** Bytes until the line is cut. */
  cutAfter: number;
  /** What is on the way, in order. */
  readonly underway: (() => void)[];
  /** What waits while the road is closed. */
  readonly held: (() => void)[];
}

const direction = (): Direction => ({
  arrivesAt: 0,
  isDead: false,
  cutAfter: Number.POSITIVE_INFINITY,
  underway: [],
  held: [],
});

/** One connection. */
export class SimLine implements SocketLine {
  readonly ends: readonly [SimSocket, SimSocket];
  /** Names of the nodes that dialled and accepted. */
  readonly nodes: readonly [string, string];
  readonly observer: LineObserver;
  readonly #host: LineHost;
  readonly #now: () => number;
  readonly #directions: readonly [Direction, Direction] = [direction(), direction()];

  constructor(parts: {
    readonly nodes: readonly [string, string];
    readonly ports: readonly [number, number];
    readonly host: LineHost;
    readonly now: () => number;
    readonly observer: LineObserver;
  }) {
    const { nodes, ports, host, now, observer } = parts;
    this.nodes = nodes;
    this.observer = observer;
    this.#host = host;
    this.#now = now;
    this.ends = [
      new SimSocket(this, 0, { remote: nodes[1], ports }),
      new SimSocket(this, 1, { remote: nodes[0], ports: [ports[1], ports[0]] }),
    ];
  }

  /** What it runs on. */
  get road(): Road {
    return this.#host.road;
  }

  /** Whether both ends know that it is over. */
  get isOver(): boolean {
    return this.ends[0].isClosed && this.ends[1].isClosed;
  }

  /** It goes nowhere in some direction, and who dialled does not know it yet. */
  get isHurt(): boolean {
    return this.#directions.some(({ isDead }) => isDead) && !this.ends[0].isClosed;
  }

  /** Runs at the end of the turn. */
  later(side: 0 | 1, run: () => void): void {
    this.#host.after(side, 0, run);
  }

  /** Takes bytes to the other end. */
  carry(side: 0 | 1, bytes: Bytes): void {
    this.observer.sent(side, bytes);
    const { chunkBytes } = this.#host.road;
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      const chunk = bytes.subarray(from, Math.min(bytes.length, from + chunkBytes));
      this.#travel(side, () => this.#arrive(side, chunk));
    }
  }

  /** Tells the other end that no more comes. */
  carryEnd(side: 0 | 1): void {
    this.#travel(side, () => {
      this.ends[other(side)].peerEnded();
      this.#closeIfBothEnded();
    });
  }

  /** An end was given bytes. */
  delivered(side: 0 | 1, bytes: Bytes): void {
    this.observer.delivered(side, bytes);
    this.ends[other(side)].taken(bytes.length);
  }

  /** An end closes at once; the other hears of it if it can. */
  destroyed(side: 0 | 1): void {
    this.#host.after(side, 0, () => this.#close(side, undefined));
    this.#travel(side, () => this.#close(other(side), new Error('the line was reset')));
  }

  /** The line breaks; both ends hear of it, each in its time. */
  cut(why = 'the line was cut'): void {
    for (const side of [0, 1] as const) {
      this.#directions[side].isDead = true;
      this.#host.after(side, this.#host.latencyMs(), () => this.#close(side, new Error(why)));
    }
  }

  /** The line will break when so many more bytes have been delivered to a side. */
  cutAfter(side: 0 | 1, bytes: number): void {
    this.#directions[other(side)].cutAfter = bytes;
  }

  /** Nothing that a side writes arrives any more, and nobody is told. */
  kill(side: 0 | 1): void {
    this.#directions[side].isDead = true;
  }

  /** The node of a side is gone; with the power, or killed: then the other end hears of it. */
  silence(side: 0 | 1, isTold: boolean): void {
    this.ends[side].silence();
    this.observer.closed(side);
    this.#directions[0].isDead = true;
    this.#directions[1].isDead = true;
    const told = other(side);
    if (isTold) this.#host.after(told, this.#host.latencyMs(), () => this.#close(told, new Error('reset by the peer')));
    this.#forgetIfOver();
  }

  /** The road is open again: what waited goes on. */
  release(): void {
    for (const { held, isDead } of this.#directions) for (const run of held.splice(0)) if (!isDead) run();
  }

  #arrive(side: 0 | 1, chunk: Bytes): void {
    const way = this.#directions[side];
    const left = way.cutAfter;
    const bytes = left < chunk.length ? chunk.subarray(0, left) : chunk;
    way.cutAfter -= bytes.length;
    if (bytes.length > 0) this.ends[other(side)].arrived(bytes);
    if (left < chunk.length) this.cut();
  }

  /** Runs something at the other end when it gets there, in order. */
  #travel(side: 0 | 1, run: () => void): void {
    const way = this.#directions[side];
    if (way.isDead) return;
    const { spacingMs } = this.#host.road;
    way.arrivesAt = Math.max(way.arrivesAt + spacingMs, this.#now() + this.#host.latencyMs());
    way.underway.push(run);
    // whichever time has come: what was sent first arrives first
    this.#host.after(other(side), way.arrivesAt - this.#now(), () => {
      const first = way.underway.shift();
      if (first && !way.isDead) this.#orHold(way, first);
    });
  }

  /** What gets there while the road is closed waits, in order. */
  #orHold(way: Direction, run: () => void): void {
    if (this.#host.road.isClosed || way.held.length > 0) way.held.push(run);
    else run();
  }

  #closeIfBothEnded(): void {
    const [near, far] = this.ends;
    if (!near.isPeerEnded || !far.isPeerEnded) return;
    this.#close(0, undefined);
    this.#close(1, undefined);
  }

  #close(side: 0 | 1, error: Error | undefined): void {
    if (this.ends[side].isClosed) return;
    this.observer.closed(side);
    this.ends[side].closed(error);
    this.#forgetIfOver();
  }

  #forgetIfOver(): void {
    if (this.isOver) this.#host.gone(this);
  }
}

function other(side: 0 | 1): 0 | 1 {
  return side === 0 ? 1 : 0;
}
