// SimNet: the network between the nodes of a simulated world. Each pair of nodes has a road with its own faults; lines
// run on roads. A node sees of it only `Net`, under its own name.
//
// Bounded: lines by who dials; `open` tells how many there are.
import { LinkError } from '../../src/base/errors.ts';
import type { DialOptions, Listener, ListenOptions, Net, Socket } from '../../src/ports/ports.ts';
import type { Chance } from '../kit/chance.ts';
import type { VirtualClock } from '../kit/virtual-clock.ts';
import { openRoad, type Road } from './road.ts';
import { type LineObserver, SimLine } from './sim-line.ts';

/** Who is on the network; see `SimNode`. */
export interface NetNode {
  readonly name: string;
  /** Grows with every start: what an earlier one began is void. */
  readonly generation: number;
  readonly isRunning: boolean;
}

interface Door {
  readonly node: NetNode;
  readonly generation: number;
  readonly accepted: (socket: Socket) => void;
}

/** The whole network. */
export class SimNet {
  /** Lines that at least one end takes to be open. */
  readonly open: Set<SimLine> = new Set();
  readonly #clock: VirtualClock;
  readonly #chance: Chance;
  readonly #observe: (nodes: readonly [string, string]) => LineObserver;
  readonly #roads = new Map<string, Road>();
  readonly #nodes = new Map<string, NetNode>();
  readonly #doors = new Map<string, Door>();
  /** Nodes by their further addresses. */
  readonly #addresses = new Map<string, string>();
  #nextPort = 40_000;

  constructor(clock: VirtualClock, chance: Chance, observe: (nodes: readonly [string, string]) => LineObserver) {
    this.#clock = clock;
    this.#chance = chance;
    this.#observe = observe;
  }

  /** The network as a node sees it. */
  portOf(node: NetNode): Net {
    this.#nodes.set(node.name, node);
    const { generation } = node;
    return {
      lookupService: (name) => Promise.reject(new LinkError('lookup', `no answer for ${name}`)),
      lookup: (host) => Promise.resolve([host]),
      addresses: () => [],
      dial: (options) => this.#dial(node, generation, options),
      listen: (options, accepted) => this.#listen({ node, generation, accepted }, options),
    };
  }

  /** A node has one more address, with roads of its own. */
  addAddress(address: string, node: string): void {
    this.#addresses.set(address, node);
  }

  /** The road between two nodes, or to an address of one. */
  road(one: string, other: string): Road {
    const key = [one, other].sort().join('-');
    let road = this.#roads.get(key);
    if (road === undefined) {
      const latencyMsMin = this.#chance.pick([0, 0.2, 5, 50]);
      road = { ...openRoad, latencyMsMin, latencyMsMax: latencyMsMin * this.#chance.pick([1, 1.5, 3]) };
      this.#roads.set(key, road);
    }
    return road;
  }

  /** Lines that are open on the road between two nodes, or to an address of one. */
  linesBetween(one: string, other: string): readonly SimLine[] {
    return [...this.open].filter(({ road }) => road === this.road(one, other));
  }

  /** A road is open again: what waited goes on. */
  release(one: string, other: string): void {
    this.road(one, other).isClosed = false;
    for (const line of this.linesBetween(one, other)) line.release();
  }

  /** A node is gone. `isTold`: its peers hear of it. */
  silence(name: string, isTold: boolean): void {
    for (const [key, door] of this.#doors) if (door.node.name === name) this.#doors.delete(key);
    for (const line of [...this.open]) {
      const side = line.nodes.indexOf(name);
      if (side === 0 || side === 1) line.silence(side, isTold);
    }
  }

  /** A node that lost its power is back: what its peers still hold for open is reset. */
  resetOld(name: string): void {
    for (const line of this.open) if (line.nodes.includes(name)) line.cut('reset by the peer');
  }

  async #listen(door: Door, options: ListenOptions): Promise<Listener> {
    const key = `${door.node.name}:${options.port}`;
    if (this.#doors.has(key)) throw new LinkError('listen', `port ${options.port} is in use`);
    this.#doors.set(key, door);
    const close = async (): Promise<void> => {
      if (this.#doors.get(key) === door) this.#doors.delete(key);
    };
    return { port: options.port, updateTls: () => undefined, close };
  }

  #dial(node: NetNode, generation: number, options: DialOptions): Promise<Socket> {
    const road = this.road(node.name, options.host);
    const isAlive = (): boolean => node.isRunning && node.generation === generation;
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const settle = (run: () => void): void => {
        if (isSettled || !isAlive()) return;
        isSettled = true;
        timeout.cancel();
        options.signal?.removeEventListener('abort', abort);
        this.#clock.promised();
        run();
      };
      const fail = (message: string, isTimeout = false): void =>
        settle(() => reject(new LinkError('connect', `${message} at ${options.host}:${options.port}`, { isTimeout })));
      const timeout = this.#clock.schedule(options.timeoutMs, () => fail('no answer', true));
      const abort = (): void => fail('called off');
      options.signal?.addEventListener('abort', abort, { once: true });
      const host = this.#addresses.get(options.host) ?? options.host;
      const isUp = this.#nodes.get(host)?.isRunning ?? false;
      // a closed road, and a node without power, do not answer at all
      if (road.isClosed || !isUp) return;
      this.#clock.schedule(this.#latencyMs(road) * 2, () => {
        const door = this.#doors.get(`${host}:${options.port}`);
        if (road.isClosed || isSettled) return;
        if (door === undefined || road.isRefusing) fail('nobody listens');
        else settle(() => resolve(this.#connect(node, door, road)));
      });
    });
  }

  #connect(node: NetNode, door: Door, road: Road): Socket {
    const sides = [
      { node, generation: node.generation },
      { node: door.node, generation: door.generation },
    ] as const;
    const nodes = [node.name, door.node.name] as const;
    const line = new SimLine({
      nodes,
      ports: [this.#nextPort++, 1883],
      now: () => this.#clock.now(),
      observer: this.#observe(nodes),
      host: {
        road,
        latencyMs: () => this.#latencyMs(road),
        gone: (over) => void this.open.delete(over),
        after: (side, delayMs, run) => {
          const { node: owner, generation } = sides[side];
          const guarded = (): void => {
            if (owner.isRunning && owner.generation === generation) run();
          };
          if (delayMs <= 0) this.#clock.defer(guarded);
          else this.#clock.schedule(delayMs, guarded);
        },
      },
    });
    this.open.add(line);
    this.#clock.schedule(this.#latencyMs(road), () => {
      if (door.node.isRunning && door.node.generation === door.generation) door.accepted(line.ends[1]);
      else line.silence(1, true);
    });
    return line.ends[0];
  }

  #latencyMs(road: Road): number {
    return road.latencyMsMin + this.#chance.unit() * (road.latencyMsMax - road.latencyMsMin);
  }
}
