// App: the composition root. It makes one broker and the bridges out of a configuration, replaces what can be replaced
// while it runs, and closes everything in order. Nothing else in Viaduct knows of all the rooms.
//
//   start -> running --reload--> running --close--> closed
//
// Order of closing: bridges first, so that what devices were acknowledged leaves; then the broker.
import { messageOf } from '../base/errors.ts';
import { type Log, openLog } from '../base/log.ts';
import { Bridges } from '../bridge/bridges.ts';
import { Broker } from '../broker/broker.ts';
import type { BrokerContext } from '../broker/broker-rooms.ts';
import type { LoadedConfig } from '../config/load.ts';
import { Turn } from '../link/turn.ts';
import { heapBytes } from '../ports/node-heap.ts';
import type { Ports } from '../ports/ports.ts';
import { RetainedStore } from '../router/retained.ts';
import { Router } from '../router/router.ts';
import {
  accessOptionsOf,
  bridgeSettingsOf,
  brokerOptionsOf,
  logOptionsOf,
  retainedLimitsOf,
  sharedOptionsOf,
} from './from-config.ts';
import { openNodeHttp } from './node-ports.ts';

/** Everything that one configuration describes, running. */
export class App {
  readonly broker: Broker;
  readonly bridges: Bridges;
  readonly log: Log;
  #loaded: LoadedConfig;

  private constructor(broker: Broker, bridges: Bridges, log: Log, loaded: LoadedConfig) {
    this.broker = broker;
    this.bridges = bridges;
    this.log = log;
    this.#loaded = loaded;
  }

  /** Starts it. Rejects with LinkError when a listener cannot be opened; nothing is left running then. */
  static async start(loaded: LoadedConfig, ports: Ports, isTerminal: boolean): Promise<App> {
    const log = openLog(logOptionsOf(loaded.config.log, isTerminal));
    for (const { file, line, path, text } of loaded.notes) log.warn({ at: `${file}:${line}`, key: path }, text);
    const router = new Router({
      retained: new RetainedStore(retainedLimitsOf(loaded)),
      shared: { ...sharedOptionsOf(loaded), random: () => ports.random.unit() },
    });
    const context: BrokerContext = { ports, log, router, turn: new Turn(ports.clock), heapBytes, http: openNodeHttp };
    const broker = await Broker.open(context, brokerOptionsOf(loaded));
    for (const { name, host, port, socketPath } of broker.listeners) {
      log.info({ listener: name, ...(socketPath === undefined ? { host, port } : { socketPath }) }, 'listening');
    }
    const bridges = new Bridges(context);
    for (const bridge of loaded.config.bridges) bridges.add(bridgeSettingsOf(bridge, loaded.pems));
    return new App(broker, bridges, log, loaded);
  }

  /**
   * Takes over what can be changed while running: users and access rules, listeners, bridges. Listeners and
   * bridges that did not change do not notice. What needs a restart is told in the log.
   */
  async reload(next: LoadedConfig): Promise<void> {
    const before = this.#loaded;
    this.#loaded = next;
    this.broker.updateAccess(accessOptionsOf(next));
    await this.broker.updateListeners(brokerOptionsOf(next).listeners);
    await this.#reloadBridges(before, next);
    for (const section of ['mqtt', 'log'] as const) {
      if (!isSame(before.config[section], next.config[section])) {
        this.log.warn({ section }, 'the section changed: it takes effect at the next start');
      }
    }
    this.log.info({ files: next.files }, 'configuration reloaded');
  }

  /** Closes everything in order, within `timeoutMs` for bridges and the same again for the broker. */
  async close(timeoutMs: number): Promise<void> {
    await this.bridges.close(timeoutMs);
    await this.broker.close({ timeoutMs, ...this.#loaded.config.drain });
    this.log.info({}, 'closed');
  }

  async #reloadBridges(before: LoadedConfig, next: LoadedConfig): Promise<void> {
    const settings = (loaded: LoadedConfig): ReadonlyMap<string, string> =>
      new Map(loaded.config.bridges.map((one) => [one.name, JSON.stringify(bridgeSettingsOf(one, loaded.pems))]));
    const old = settings(before);
    const fresh = settings(next);
    for (const [name, text] of old) {
      if (fresh.get(name) === text) continue;
      await this.bridges.remove(name);
      this.log.info({ bridge: name }, 'bridge closed: the configuration changed');
    }
    for (const config of next.config.bridges) {
      if (this.bridges.get(config.name) !== undefined) continue;
      try {
        this.bridges.add(bridgeSettingsOf(config, next.pems));
      } catch (error) {
        this.log.error({ bridge: config.name, error: messageOf(error) }, 'the bridge cannot be opened');
      }
    }
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
