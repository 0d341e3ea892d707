// BridgeOpener: loads what bridges are made of, for the first configuration that has one. A process without bridges
// never does, which saves it a seventh of the program.
// Bounded: it is loaded once.
import { assert } from '../base/errors.ts';
import type { OpenBridge } from '../bridge/bridges.ts';
import type { LoadedConfig } from '../config/load.ts';

/** Opens bridges, once it is prepared. */
export class BridgeOpener {
  #open: OpenBridge | undefined;

  /** Loads what the bridges of a configuration need; to be awaited before `open`. */
  async prepare({ config }: LoadedConfig): Promise<void> {
    if (config.bridges.length === 0 || this.#open !== undefined) return;
    const { Bridge } = await import('../bridge/bridge.ts');
    this.#open = (context, settings) => Bridge.open(context, settings);
  }

  /** Opens a bridge. */
  readonly open: OpenBridge = (context, settings) => {
    assert(this.#open !== undefined, 'bridges are loaded before the first is opened');
    return this.#open(context, settings);
  };
}
