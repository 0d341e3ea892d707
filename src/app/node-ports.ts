// NodePorts: the four ports as this process has them. The only place where
// the whole product is tied to the real world; tests and simulations hand
// in ports of their own.
import { NodeClock } from '../ports/node-clock.ts';
import { NodeDisk } from '../ports/node-disk.ts';
import { NodeNet } from '../ports/node-net.ts';
import { NodeRandom } from '../ports/node-random.ts';
import type { Ports } from '../ports/ports.ts';

/** The real clock, network, disk and randomness. */
export function nodePorts(): Ports {
  return { clock: new NodeClock(), net: new NodeNet(), disk: new NodeDisk(), random: new NodeRandom() };
}
