// SimNode: one machine of a simulated world, seen from the product: its four ports. It can be killed, lose its power
// and be started again; whatever an earlier start has begun never happens. Its disk outlives it.
//
// Its monotonic clock begins somewhere else with every start; its wall clock jumps when it is told to.
import type { Clock, Ports } from '../../src/ports/ports.ts';
import type { Chance } from '../kit/chance.ts';
import { SeededRandom } from '../kit/seeded-random.ts';
import type { VirtualClock } from '../kit/virtual-clock.ts';
import { FaultyDisk } from './faulty-disk.ts';
import type { NetNode, SimNet } from './sim-net.ts';

/** One machine. */
export class SimNode implements NetNode {
  readonly name: string;
  readonly disk: FaultyDisk;
  generation = 0;
  isRunning = false;
  /** What the wall clock is off by, in ms. */
  wallOffMs = 0;
  /** Timers that are set. */
  timerCount = 0;
  readonly #clock: VirtualClock;
  readonly #net: SimNet;
  readonly #chance: Chance;

  constructor(name: string, world: { readonly clock: VirtualClock; readonly net: SimNet; readonly chance: Chance }) {
    this.name = name;
    this.#clock = world.clock;
    this.#net = world.net;
    this.#chance = world.chance;
    this.disk = new FaultyDisk(world.chance.fork(), world.clock);
  }

  /** The machine starts: the ports of this start. */
  start(): Ports {
    this.generation++;
    this.isRunning = true;
    this.timerCount = 0;
    this.#net.resetOld(this.name);
    const random = new SeededRandom(this.#chance.int(1, 0x7fff_ffff));
    return { clock: this.#clockOfStart(), net: this.#net.portOf(this), disk: this.disk, random };
  }

  /** The process is killed, or the machine loses its power. */
  crash(kind: 'kill' | 'power'): void {
    this.isRunning = false;
    this.disk.crash(kind);
    this.#net.silence(this.name, kind === 'kill');
  }

  #clockOfStart(): Clock {
    const { generation } = this;
    const offMs = this.#chance.int(0, 1_000_000) - this.#clock.now();
    const isAlive = (): boolean => this.isRunning && this.generation === generation;
    return {
      now: () => this.#clock.now() + offMs,
      wallMs: () => this.#clock.wallMs() + this.wallOffMs,
      defer: (run) =>
        this.#clock.defer(() => {
          if (isAlive()) run();
        }),
      schedule: (delayMs, run) => {
        let isSet = true;
        const unset = (): void => {
          if (isSet && this.generation === generation) this.timerCount--;
          isSet = false;
        };
        this.timerCount++;
        const timer = this.#clock.schedule(delayMs, () => {
          unset();
          if (isAlive()) run();
        });
        return {
          cancel: () => {
            unset();
            timer.cancel();
          },
        };
      },
    };
  }
}
