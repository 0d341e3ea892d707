// Visitors: clients that come to a broker for a while, subscribe to everything with a session that ends with them, and
// leave: in the end, or with the power of their machine. Bounded by the events of a story.
import type { Ports } from '../../src/ports/ports.ts';
import type { Ledger } from './ledger.ts';
import { SimDevice } from './sim-device.ts';
import type { SimNode } from './sim-node.ts';
import type { DevicePlan, Happening } from './story.ts';

/** The world that they come to. */
export interface VisitedWorld {
  readonly ledger: Ledger;
  readonly nodes: ReadonlyMap<string, SimNode>;
  startNode(name: string): Ports;
}

/** What they have in common. */
const visitorPlan: Omit<DevicePlan, 'name' | 'server' | 'version' | 'qos'> = {
  keepAlive: 10,
  sendWindowMax: 10,
  receiveMaximum: 10,
  topicAliasMaximum: 0,
  filters: ['#'],
};

/** Those who visit one world. */
export class Visitors {
  readonly #world: VisitedWorld;
  #count = 0;

  constructor(world: VisitedWorld) {
    this.#world = world;
  }

  /** One more comes. Returns how it leaves. */
  come({ server, qos, version }: Extract<Happening, { do: 'visit' }>): () => void {
    const { ledger, nodes } = this.#world;
    const name = `visitor${this.#count++}`;
    const plan = { ...visitorPlan, name, server: server === 'edge' ? 'edge' : 'remote', version, qos } as const;
    const visitor = new SimDevice(plan, 'visitor', ledger);
    visitor.start(this.#world.startNode(name), true);
    return () => {
      if (this.#count % 2 === 0) visitor.destroy();
      else nodes.get(name)?.crash('power');
    };
  }
}
