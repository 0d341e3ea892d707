// SessionWatches: what was seen of each session, both directions of it, over all of its connections, and what a crash
// makes of that. Bounded: two watches for each client of each server.
import { FlowWatch } from './flow-watch.ts';
import type { SessionWatch } from './line-watch.ts';

/** The sessions of a world. */
export class SessionWatches {
  readonly #watches = new Map<string, SessionWatch>();

  /** The session of a client at a server; made when it is not known. */
  of(server: string, clientId: string): SessionWatch {
    const key = `${server}/${clientId}`;
    const watch = this.#watches.get(key) ?? [new FlowWatch(), new FlowWatch()];
    this.#watches.set(key, watch);
    return watch;
  }

  /** A machine has crashed; its sessions go on, with what it has kept of them. */
  crashed(node: string): void {
    this.#forEachSenderAt(node, (watch) => watch.senderCrashed());
  }

  /** A machine has lost its memory. */
  forgot(node: string): void {
    this.#forEachSenderAt(node, (watch) => watch.clear());
  }

  /** Bridges are clients that live on the edge. */
  #forEachSenderAt(node: string, visit: (watch: FlowWatch) => void): void {
    for (const [key, [fromClient, fromServer]] of this.#watches) {
      if (key.startsWith(`${node}/`)) visit(fromServer);
      if (node === 'edge' && key.startsWith('remote/bridge-')) visit(fromClient);
    }
  }
}
