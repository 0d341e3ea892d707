// App: the composition root. It makes one broker and the bridges out of a configuration, replaces what can be replaced
// while it runs, and closes everything in order. Nothing else in Viaduct knows of all the rooms.
//
//   start -> running --reload--> running --close--> closed
//
// Order of closing: bridges first, so that what devices were acknowledged leaves; then the broker.
import { assert, messageOf } from '../base/errors.ts';
import { type Log, type LogLevel, openLog } from '../base/log.ts';
import type { BridgeContext, BridgeSettings } from '../bridge/bridge-context.ts';
import { Bridges } from '../bridge/bridges.ts';
import { bridgesLeftIn, forgetBridge } from '../bridge/forward-storage.ts';
import { Broker } from '../broker/broker.ts';
import type { BridgeConfig } from '../config/bridge-config.ts';
import type { Config, HttpServerConfig } from '../config/config-types.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { LogRing } from '../http/log-ring.ts';
import { Turn } from '../link/turn.ts';
import { heapBytes } from '../ports/node-heap.ts';
import type { Ports } from '../ports/ports.ts';
import { QueueBudget } from '../queue/queue-budget.ts';
import type { Storage } from '../queue/storage.ts';
import { Router } from '../router/router.ts';
import type { AppPlace } from './app-place.ts';
import { BridgeOpener } from './bridge-opener.ts';
import {
  accessOptionsOf,
  bridgeSettingsOf,
  brokerOptionsOf,
  logOptionsOf,
  retainedLimitsOf,
  sharedOptionsOf,
} from './from-config.ts';
import type { Web } from './management/web.ts';
import { openNodeHttp, runNodeCommand, serveHttp } from './node-ports.ts';
import { openRetained, openStorage } from './open-storage.ts';

/** Everything that one configuration describes, running. */
export class App {
  readonly broker: Broker;
  readonly bridges: Bridges;
  readonly log: Log;
  readonly #opener: BridgeOpener;
  #loaded: LoadedConfig;
  readonly #storage: Storage | undefined;
  #web: Web | undefined;

  private constructor({ broker, bridges, opener, log, loaded, storage }: AppParts) {
    this.broker = broker;
    this.bridges = bridges;
    this.#opener = opener;
    this.log = log;
    this.#loaded = loaded;
    this.#storage = storage;
  }

  /**
   * Starts it. Rejects with LinkError when a listener cannot be opened, with ConfigError or StorageError when the users
   * of the API cannot be read or kept; nothing is left running then.
   */
  static async start(loaded: LoadedConfig, ports: Ports, place: AppPlace): Promise<App> {
    const { config } = loaded;
    const plainLog = place.log ?? openLog(logOptionsOf(config.log, place.isTerminal));
    const ring = config.http && (await openRing(plainLog, config.log.level, ports));
    const log = ring ?? plainLog;
    for (const { file, line, code, path, text } of loaded.notes)
      log.warn({ at: `${file}:${line}`, key: path, code }, text);
    const { environment } = place;
    const storage = await openStorage(config.data, { ports, log, environment });
    const router = new Router({
      retained: await openRetained(retainedLimitsOf(loaded), storage, loaded.config.data),
      shared: { ...sharedOptionsOf(loaded), random: () => ports.random.unit() },
    });
    const kept = storage === undefined ? {} : { storage };
    const watcher: DeviceWatcher = { seen: undefined };
    const watched = config.http && { onDevice: (...event: DeviceEvent) => watcher.seen?.(...event) };
    const context = {
      ...watched,
      ports,
      log,
      router,
      turn: new Turn(ports.clock),
      heapBytes,
      budget: new QueueBudget(config.mqtt.queueMemoryMax),
      http: openNodeHttp,
      ...kept,
    };
    const brokerId = ports.random.bytes(8).toString('hex');
    const found: { broker?: Broker } = {};
    const bridgeContext = { ...context, runCommand: runNodeCommand, brokerId, rightsOf: rightsAt(found) };
    const opener = new BridgeOpener();
    await opener.prepare(loaded);
    const bridges = new Bridges(bridgeContext, opener.open);
    // bridges come when the sessions are there to take what they bring, and before devices, whose messages they take
    const restored = (broker: Broker): void => {
      found.broker = broker;
      if (storage) forgetGone(bridgesLeftIn(storage), { storage, log, config });
      for (const bridge of loaded.config.bridges) bridges.add(settingsOf(loaded, bridge));
    };
    const broker = await Broker.open(context, brokerOptionsOf(loaded), { restored }).catch(async (error: unknown) => {
      await bridges.close(0);
      await storage?.journal.close();
      throw error;
    });
    for (const { name, host, port, socketPath } of broker.listeners) {
      log.info({ listener: name, ...(socketPath === undefined ? { host, port } : { socketPath }) }, 'listening');
    }
    const app = new App({ broker, bridges, opener, log, loaded, storage });
    if (ring === undefined || config.http === undefined) return app;
    try {
      await app.#serve(config.http, ports, { ...place, log: ring, watcher, router });
    } catch (error) {
      await app.close(0);
      throw error;
    }
    return app;
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
    // files that the configuration names may be mended
    this.bridges.wake();
    for (const section of ['mqtt', 'log', 'data', 'http'] as const) {
      if (!isSame(before.config[section], next.config[section])) {
        this.log.warn({ section }, 'the section changed: it takes effect at the next start');
      }
    }
    this.log.info({ files: next.files }, 'configuration reloaded');
  }

  /** Closes everything in order, within `timeoutMs` for bridges and the same again for the broker. */
  async close(timeoutMs: number): Promise<void> {
    await this.#web?.close();
    await this.bridges.close(timeoutMs);
    await this.broker.close({ timeoutMs, ...this.#loaded.config.drain });
    await this.#storage?.journal.close();
    this.log.info({}, 'closed');
  }

  /** Loaded only where it is configured. */
  async #serve(options: HttpServerConfig, ports: Ports, place: WebPlace): Promise<void> {
    const { Web } = await import('./management/web.ts');
    const { broker, bridges } = this;
    const { path, environment, hostname } = place;
    this.#web = await Web.open(
      {
        serve: serveHttp,
        ...place,
        ports,
        broker,
        bridges,
        loaded: () => this.#loaded,
        load: async (overlayText) => {
          const { loadConfig } = await import('../config/load.ts');
          const { tlsFaultOf } = await import('./tls-check.ts');
          return loadConfig({ path, disk: ports.disk, environment, hostname, overlayText, tlsFaultOf });
        },
        adopt: (loaded) => this.reload(loaded),
      },
      options,
    );
    place.watcher.seen = (event, clientId) => this.#web?.deviceSeen(event, clientId);
  }

  /** Whether a bridge has its new settings now, without being opened anew: queue and link stay, where they may. */
  #changeBridge(name: string, next: LoadedConfig): boolean {
    const config = next.config.bridges.find((one) => one.name === name);
    const bridge = this.bridges.get(name);
    if (config === undefined || bridge === undefined) return false;
    try {
      const change = bridge.change(settingsOf(next, config));
      if (change !== 'none') this.log.info({ bridge: name, change }, changeTexts[change]);
      return change !== 'all';
    } catch (error) {
      this.log.error({ bridge: name, error: messageOf(error) }, 'the bridge cannot be changed, and goes on as it was');
      return true;
    }
  }

  async #reloadBridges(before: LoadedConfig, next: LoadedConfig): Promise<void> {
    const settings = (loaded: LoadedConfig): ReadonlyMap<string, string> =>
      new Map(loaded.config.bridges.map((one) => [one.name, JSON.stringify(settingsOf(loaded, one))]));
    const old = settings(before);
    const fresh = settings(next);
    await this.#opener.prepare(next);
    for (const [name, text] of old) {
      if (fresh.get(name) === text || this.#changeBridge(name, next)) continue;
      const isForGood = !fresh.has(name) && next.config.bridgesOff?.includes(name) !== true;
      // what waits stays in the journal for the bridge that comes, and what devices publish meanwhile is not to wait
      await this.bridges.remove(name, this.#storage && !isForGood ? { timeoutMs: 0 } : { isForGood });
      this.log.info({ bridge: name }, 'bridge closed: the configuration changed');
      this.#openBridge(name, next);
    }
    const { log } = this;
    const known = [...old.keys(), ...(before.config.bridgesOff ?? [])];
    if (this.#storage) forgetGone(known, { storage: this.#storage, log, config: next.config });
    for (const { name } of next.config.bridges) this.#openBridge(name, next);
  }

  /** Opens a bridge that is configured and not there. */
  #openBridge(name: string, loaded: LoadedConfig): void {
    const config = loaded.config.bridges.find((one) => one.name === name);
    if (config === undefined || this.bridges.get(name) !== undefined) return;
    try {
      this.bridges.add(settingsOf(loaded, config));
    } catch (error) {
      this.log.error({ bridge: name, error: messageOf(error) }, 'the bridge cannot be opened');
    }
  }
}

interface GoneParts {
  readonly storage: Storage;
  readonly log: Log;
  readonly config: Config;
}

/** Whichever of these bridges the configuration has not, not even switched off, loses what it kept in the journal. */
function forgetGone(names: Iterable<string>, { storage, log, config }: GoneParts): void {
  const known = new Set([...config.bridges.map(({ name }) => name), ...(config.bridgesOff ?? [])]);
  for (const name of names) {
    if (known.has(name)) continue;
    forgetBridge(storage, name);
    log.info({ bridge: name }, 'the configuration has this bridge no more: what it kept in the journal is removed');
  }
}

/** What bridges with a name may do, by the broker that was there before the first of them. */
function rightsAt(found: { readonly broker?: Broker }): NonNullable<BridgeContext['rightsOf']> {
  const rightsOf: Broker['rightsOf'] = (principal) => {
    assert(found.broker !== undefined, 'the broker is there before the first bridge');
    return found.broker.rightsOf(principal);
  };
  return (principal) => ({
    mayPublish: (topic) => rightsOf(principal).mayPublish(topic),
    mayReceive: (topic) => rightsOf(principal).mayReceive(topic),
  });
}

const changeTexts = {
  rules: 'the bridge has other rules',
  live: 'the bridge has other limits',
  link: 'the bridge connects anew: what the remote is told has changed',
  all: 'the bridge is opened anew: what has changed cannot be had otherwise',
} as const;

type DeviceEvent = Parameters<Web['deviceSeen']>;

/** Who is told of devices, once somebody is there. */
interface DeviceWatcher {
  seen: ((...event: DeviceEvent) => void) | undefined;
}

interface WebPlace extends AppPlace {
  readonly log: LogRing;
  readonly watcher: DeviceWatcher;
  readonly router: Router;
}

interface AppParts {
  readonly broker: Broker;
  readonly bridges: Bridges;
  readonly opener: BridgeOpener;
  readonly log: Log;
  readonly loaded: LoadedConfig;
  readonly storage: Storage | undefined;
}

/** The settings of a bridge, with what the whole configuration says of them. */
function settingsOf({ config, pems, files }: LoadedConfig, bridge: BridgeConfig): BridgeSettings {
  const { durability } = config.data ?? {};
  return { ...(durability === undefined ? {} : { durability }), ...bridgeSettingsOf(bridge, pems, files[0]) };
}

async function openRing(log: Log, level: LogLevel, { clock }: Ports): Promise<LogRing> {
  const { LogRing } = await import('../http/log-ring.ts');
  return new LogRing(log, level, () => clock.wallMs());
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
