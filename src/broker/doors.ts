// Doors: the listeners of a broker, and who comes through them. A door can be opened, changed and closed while the
// others are open. What a connection may do is decided once, when it comes: by the door's limits of that moment.
//
//   socket --full, too fast--> told why and closed          --else--> throttled if the door has rates --> device
//
// Bounded: connections of a door by `connectionsMax`, those that are told why they may not stay by `toldMax`.
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { messageOf } from '../base/errors.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { Counter, CounterByReason } from '../metrics/counter.ts';
import type { Listener, Socket } from '../ports/ports.ts';
import type { BrokerRooms } from './broker-rooms.ts';
import { connectionsMaxDefault, type ListenerOptions } from './listener-options.ts';
import { type RefusalCause, Refusals } from './refusals.ts';
import { ThrottledSocket } from './throttled-socket.ts';
import { TurnedAway } from './turned-away.ts';

/** Connections of one door that are told at a time why they may not stay; more are closed without a word. */
const toldMax = 100;

/** One listener that is open. */
export interface Door {
  options: ListenerOptions;
  /** The rooms as those who come through this door see them. */
  rooms: BrokerRooms;
  /** Undefined while it is being opened. */
  listener: Listener | undefined;
  /** Open connections that came through it. */
  connections: number;
  /** Connections that came through it since it was opened. */
  readonly accepted: Counter;
  /** Those that were turned away there, by reason. */
  readonly refused: CounterByReason<RefusalCause>;
  rate: TokenBucket | undefined;
  readonly leaving: Set<TurnedAway>;
}

/** Who takes in what comes. */
export interface DoorKeeper {
  /** False when nobody may come any more. */
  isOpen(): boolean;
  /** Returns how many messages have come on the connection, for doors with rates. */
  entered(socket: Socket, door: Door): () => number;
  /** The door is gone: so are those who came through it. */
  closed(door: Door): void;
}

/** All doors of one broker. */
export class Doors {
  readonly refusals: Refusals;
  readonly #rooms: BrokerRooms;
  readonly #keeper: DoorKeeper;
  readonly #doors = new Map<string, Door>();

  constructor(rooms: BrokerRooms, keeper: DoorKeeper) {
    this.#rooms = rooms;
    this.#keeper = keeper;
    this.refusals = new Refusals(rooms.log, rooms.ports.clock);
  }

  /** Those that are open, in the order of their opening. */
  get all(): readonly Door[] {
    return [...this.#doors.values()];
  }

  /** Opens one. Rejects with LinkError. */
  async open(options: ListenerOptions): Promise<void> {
    const door: Door = {
      options,
      rooms: this.#roomsFor(options),
      listener: undefined,
      connections: 0,
      accepted: new Counter(),
      refused: new CounterByReason(),
      rate: this.#rateFor(options),
      leaving: new Set(),
    };
    await this.#listen(door, options);
    this.#doors.set(options.name, door);
  }

  /**
   * Opens, changes and closes doors until they are as `next` says. Limits and certificates hold for those who come from
   * now on; connections end only with a door that is there no more. What fails is logged, and stays as it was.
   */
  async update(next: readonly ListenerOptions[]): Promise<void> {
    const { log } = this.#rooms;
    const names = new Set(next.map(({ name }) => name));
    for (const door of this.all) {
      if (names.has(door.options.name)) continue;
      this.#doors.delete(door.options.name);
      await this.#shut(door);
      this.#keeper.closed(door);
      log.info({ listener: door.options.name }, 'listener closed: the configuration has it no more');
    }
    for (const options of next) {
      const door = this.#doors.get(options.name);
      try {
        if (door !== undefined) {
          await this.#change(door, options);
          continue;
        }
        await this.open(options);
        const { name, host, port, socketPath } = options;
        log.info({ listener: name, ...(socketPath === undefined ? { host, port } : { socketPath }) }, 'listening');
      } catch (error) {
        log.error({ listener: options.name, error: messageOf(error) }, 'the listener cannot be as configured');
      }
    }
  }

  /** Accepts no more; who is being told why is cut. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((door) => this.#shut(door)));
  }

  async #shut(door: Door): Promise<void> {
    for (const one of [...door.leaving]) one.destroy();
    try {
      await door.listener?.close();
    } catch (error) {
      this.#rooms.log.warn({ listener: door.options.name, reason: messageOf(error) }, 'listener did not close');
    }
  }

  async #change(door: Door, options: ListenerOptions): Promise<void> {
    const before = door.options;
    if (textOf(before) === textOf(options)) return;
    if (entryOf(before) !== entryOf(options)) {
      // the address may be the same: the old one must be free before
      await door.listener?.close();
      try {
        await this.#listen(door, options);
      } catch (error) {
        await this.#listen(door, before);
        throw error;
      }
    } else if (options.tls !== undefined && JSON.stringify(before.tls) !== JSON.stringify(options.tls)) {
      door.listener?.updateTls(options.tls);
    }
    door.options = options;
    door.rooms = this.#roomsFor(options);
    if (JSON.stringify(before.connectionRate) !== JSON.stringify(options.connectionRate)) {
      door.rate = this.#rateFor(options);
    }
    this.#rooms.log.info({ listener: options.name }, 'listener changed');
  }

  async #listen(door: Door, options: ListenerOptions): Promise<void> {
    const { connectionsMax: _most, connectionRate: _rate, messageRate: _messages, ...more } = options;
    const { byteRate: _bytes, limits: _limits, ...where } = more;
    door.listener = await this.#rooms.ports.net.listen(
      { ...where, refused: ({ phase, address, detail }) => this.#refuse(door, phase, address, detail) },
      (socket) => this.#accept(door, socket),
    );
  }

  #accept(door: Door, socket: Socket): void {
    const { counters, ports } = this.#rooms;
    const { connectionsMax = connectionsMaxDefault, messageRate, byteRate, connectionRate } = door.options;
    if (!this.#keeper.isOpen()) {
      socket.destroy();
    } else if (door.connections >= connectionsMax) {
      this.#turnAway(door, socket, 'connections', `${connectionsMax} connections are open`);
    } else if (door.rate?.take(ports.clock.now()) === false) {
      const detail = `more than ${connectionRate?.perSecond} connections a second`;
      this.#turnAway(door, socket, 'rate', detail);
    } else {
      counters.connections.add();
      door.accepted.add();
      door.connections++;
      if (messageRate === undefined && byteRate === undefined) {
        this.#keeper.entered(socket, door);
        return;
      }
      const rates = { messages: messageRate, bytes: byteRate };
      const throttled = new ThrottledSocket(socket, rates, { clock: ports.clock, pauses: counters.readPauses });
      throttled.watch(this.#keeper.entered(throttled, door));
    }
  }

  #turnAway(door: Door, socket: Socket, reason: RefusalCause, detail: string): void {
    this.#refuse(door, reason, socket.remoteAddress, detail);
    if (door.leaving.size >= toldMax) {
      socket.destroy();
      return;
    }
    const reasonCode = reason === 'rate' ? ReasonCode.connectionRateExceeded : ReasonCode.serverBusy;
    const { turn } = this.#rooms;
    door.leaving.add(new TurnedAway(socket, turn, { reasonCode, detail }, (one) => door.leaving.delete(one)));
  }

  #refuse(door: Door, reason: RefusalCause, address: string, detail: string): void {
    this.#rooms.counters.turnedAway.add();
    door.refused.add(reason);
    this.refusals.add(reason, door.options.name, address, detail);
  }

  #roomsFor({ limits }: ListenerOptions): BrokerRooms {
    return limits === undefined ? this.#rooms : { ...this.#rooms, options: { ...this.#rooms.options, ...limits } };
  }

  #rateFor({ connectionRate }: ListenerOptions): TokenBucket | undefined {
    return connectionRate && new TokenBucket(connectionRate, this.#rooms.ports.clock.now());
  }
}

function textOf(options: ListenerOptions): string {
  return JSON.stringify(options);
}

/** What cannot be changed while a listener is open, as one text. */
function entryOf(options: ListenerOptions): string {
  const { connectionsMax: _most, connectionRate: _rate, messageRate: _messages, byteRate: _bytes, ...more } = options;
  const { limits: _limits, tls, ...where } = more;
  const { isPeerVerified, isCertificateRequired, alpnProtocols } = tls ?? {};
  return JSON.stringify([where, tls !== undefined, isPeerVerified, isCertificateRequired, alpnProtocols]);
}
