// NodeNet: the system's network through Node. How a connection is dialled stands in `node-dial.ts`, how one is accepted
// in `node-listener.ts`; both share one buffer for what plain sockets read. TLS and WebSocket are loaded when they are
// first used.
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import { InheritedSockets } from './inherited-sockets.ts';
import { dialNode } from './node-dial.ts';
import { NodeListener } from './node-listener.ts';
import type { DialOptions, Listener, ListenOptions, Net, ServiceTarget, Socket } from './ports.ts';
import { SharedRead } from './shared-read.ts';

/** The system's network. */
export class NodeNet implements Net {
  readonly #reads: SharedRead | undefined;
  readonly #inherited = new InheritedSockets(process.env, process.pid);

  /** `isReadShared` false leaves reading to Node, a buffer for each read: the fallback, for tests and comparison. */
  constructor(options: { readonly isReadShared?: boolean } = {}) {
    this.#reads = options.isReadShared === false ? undefined : new SharedRead();
  }

  /** See `Net.dial` [MQTT3-7.1.2-1]. */
  dial(options: DialOptions): Promise<Socket> {
    return dialNode(options, this.#reads);
  }

  /** See `Net.lookupService`. */
  async lookupService(name: string, signal: AbortSignal): Promise<readonly ServiceTarget[]> {
    const { lookupServiceNode } = await import('./node-service.ts');
    return lookupServiceNode(name, signal);
  }

  /** See `Net.lookup`. */
  async lookup(host: string): Promise<readonly string[]> {
    const { lookupNode } = await import('./node-service.ts');
    return lookupNode(host);
  }

  /** See `Net.addresses`. */
  addresses(): readonly string[] {
    const all = Object.entries(networkInterfaces());
    return all.flatMap(([name, list = []]) => list.map(({ address }) => `${name} ${address}`)).sort();
  }

  /** See `Net.listen` [MQTT3-7.1.1-1]. */
  listen(options: ListenOptions, accepted: (socket: Socket) => void): Promise<Listener> {
    return NodeListener.open(options, accepted, { reads: this.#reads, inherited: this.#inherited });
  }
}
