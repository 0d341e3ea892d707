// Bridges: the registry of a process, by name. Each name exists once. A bridge that is taken out is closed in order;
// its name may be used again at once. How a bridge is opened is handed in, so that a process without one need not
// load it. Bounded by what is added.
import { UsageError } from '../base/errors.ts';
import type { Bridge } from './bridge.ts';
import type { BridgeCloseOptions } from './bridge-close.ts';
import type { BridgeContext, BridgeSettings } from './bridge-context.ts';
import type { BridgeStatus } from './bridge-status.ts';
import type { LatencyViews } from './latencies.ts';
import { NetworkWatch } from './network-watch.ts';
import type { ReplayTarget } from './replay-target.ts';

/** `Bridge.open`, or whatever loads it first. */
export type OpenBridge = (context: BridgeContext, settings: BridgeSettings) => Bridge;

/** All bridges of one process. */
export class Bridges {
  readonly #context: BridgeContext;
  readonly #open: OpenBridge;
  readonly #bridges = new Map<string, Bridge>();
  readonly #network: NetworkWatch;

  /** `open` is usually `Bridge.open`. */
  constructor(context: BridgeContext, open: OpenBridge) {
    this.#context = context;
    this.#open = open;
    const { clock, net } = context.ports;
    this.#network = new NetworkWatch({ clock, net }, () => this.#networkChanged());
  }

  /** Every bridge's status, in the order in which they were added. */
  get status(): readonly BridgeStatus[] {
    return [...this.#bridges.values()].map((bridge) => bridge.status);
  }

  /** How long the messages of each take, in the same order. */
  get latencies(): readonly { readonly bridge: string; readonly views: LatencyViews }[] {
    return [...this.#bridges.values()].map(({ name, latencies }) => ({ bridge: name, views: latencies }));
  }

  /** Opens a bridge. Throws UsageError if its name is taken or a rule cannot be compiled. */
  add(settings: BridgeSettings): Bridge {
    if (this.#bridges.has(settings.name)) {
      throw new UsageError('BRIDGE_NAME', `there is a bridge named ${settings.name} already`);
    }
    const replayTargetOf = (name: string): ReplayTarget | undefined => this.#bridges.get(name)?.entrance;
    const bridge = this.#open({ ...this.#context, replayTargetOf }, settings);
    this.#bridges.set(settings.name, bridge);
    this.#network.start();
    return bridge;
  }

  /** The bridge of a name. */
  get(name: string): Bridge | undefined {
    return this.#bridges.get(name);
  }

  /** Closes a bridge, see there, and takes it out. Returns whether there was one. */
  async remove(name: string, options: BridgeCloseOptions = {}): Promise<boolean> {
    const bridge = this.#bridges.get(name);
    if (bridge === undefined) return false;
    this.#bridges.delete(name);
    if (this.#bridges.size === 0) this.#network.stop();
    await bridge.close(options);
    return true;
  }

  /** Those that wait dial at once: something has changed that may have been in the way. */
  wake(): void {
    for (const bridge of this.#bridges.values()) bridge.wake();
  }

  /** Closes all of them, side by side, within the bound. */
  async close(timeoutMs = 5000): Promise<void> {
    const bridges = [...this.#bridges.values()];
    this.#bridges.clear();
    this.#network.stop();
    await Promise.all(bridges.map((bridge) => bridge.close({ timeoutMs })));
  }

  /** What was not to be reached may be now. */
  #networkChanged(): void {
    this.#context.log.info({}, 'the network of this machine has changed: bridges that wait try at once');
    this.wake();
  }
}
