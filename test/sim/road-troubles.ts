// RoadTroubles: what the events of a story do to the roads between machines, and how they become what they were.
import type { Road } from './road.ts';
import type { SimNet } from './sim-net.ts';
import type { Happening } from './story.ts';

type RoadEvent = Extract<Happening, { do: 'refuse' | 'trickle' | 'slow' }>;

/** The troubles of all roads. */
export class RoadTroubles {
  readonly #net: SimNet;
  /** Roads as they were before anything happened to them. */
  readonly #sound = new Map<Road, Road>();

  constructor(net: SimNet) {
    this.#net = net;
  }

  /** What is on a road breaks, or goes dead. */
  hurt(event: Extract<Happening, { do: 'cut' | 'dead' }>): void {
    for (const line of this.#net.linesBetween(...event.between)) {
      if (event.do === 'cut') line.cutAfter(event.side, event.after);
      else for (const side of event.sides) line.kill(side);
    }
  }

  /** A road becomes worse. */
  begin(event: RoadEvent): void {
    const road = this.#net.road(...event.between);
    if (!this.#sound.has(road)) this.#sound.set(road, { ...road });
    if (event.do === 'refuse') {
      road.isRefusing = true;
      for (const line of this.#net.linesBetween(...event.between)) line.cut();
    } else if (event.do === 'trickle') {
      Object.assign(road, { chunkBytes: event.chunk, spacingMs: 1 });
    } else {
      Object.assign(road, { latencyMsMin: event.latencyMs / 2, latencyMsMax: event.latencyMs });
    }
  }

  /** It is as it was. */
  end(event: RoadEvent): void {
    const road = this.#net.road(...event.between);
    if (event.do === 'refuse') road.isRefusing = false;
    else Object.assign(road, { ...this.#sound.get(road), isClosed: road.isClosed, isRefusing: road.isRefusing });
  }
}
