// Web: API and dashboard of a process, loaded only where a configuration has an `http_server`. It makes users,
// sessions and endpoints out of what runs, and serves them on their own port; closing it leaves broker and bridges as
// they are.
// Bounded by the section `http_server` of the configuration.
import type { Bridges } from '../../bridge/bridges.ts';
import type { Broker } from '../../broker/broker.ts';
import type { HttpServerConfig } from '../../config/config-types.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { apiServer } from '../../http/api-server.ts';
import { AuditLog } from '../../http/audit-log.ts';
import { Authentication } from '../../http/authentication.ts';
import { ConfigHistory } from '../../http/config-history.ts';
import { LiveFeed } from '../../http/live-feed.ts';
import type { LogRing } from '../../http/log-ring.ts';
import { metricsAnswer } from '../../http/metrics-page.ts';
import { RequestGuard } from '../../http/request-guard.ts';
import { Sessions, sessionDefaults } from '../../http/sessions.ts';
import { staticFiles } from '../../http/static-files.ts';
import { WebUsers } from '../../http/web-users.ts';
import type { HttpHandler, HttpServer, ServeHttp } from '../../ports/http-server.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Router } from '../../router/router.ts';
import type { AppPlace } from '../app-place.ts';
import { tlsOptionsOf } from '../from-config.ts';
import { AppManagement } from './app-management.ts';
import { findingOf } from './bridge-manager.ts';
import { familiesOf } from './families.ts';
import { RateSampler } from './rate-sampler.ts';
import { Timelines } from './timelines.ts';

/** What it is made of. */
export interface WebParts {
  readonly broker: Broker;
  readonly bridges: Bridges;
  readonly router: Router;
  readonly ports: Ports;
  readonly hostname: string;
  readonly log: LogRing;
  /** The path of the configuration, beside which users and history are kept. */
  readonly path: string;
  readonly serve: ServeHttp;
  readonly onControl?: AppPlace['onControl'];
  /** What holds now. */
  readonly loaded: () => LoadedConfig;
  /** Loads the configuration with another overlay. Rejects with ConfigError. */
  readonly load: (overlayText: string) => Promise<LoadedConfig>;
  /** Makes a configuration the one that holds. */
  readonly adopt: (loaded: LoadedConfig) => Promise<void>;
}

/** API and dashboard, served. */
export class Web {
  readonly #feed = new LiveFeed();
  readonly #parts: WebParts;
  readonly #sampler: RateSampler;
  readonly #timelines: Timelines;
  readonly #management: AppManagement;
  readonly #stops: (() => void)[] = [];
  #server: HttpServer | undefined;

  private constructor(parts: WebParts, history: ConfigHistory) {
    const { broker, bridges, ports, log } = parts;
    this.#parts = parts;
    this.#timelines = new Timelines(
      bridges,
      () => ports.clock.wallMs(),
      (name, event) => this.#feed.tell({ kind: 'bridge', data: { name, event } }),
    );
    const sampled = { broker: () => broker.status, bridges: () => bridges.status };
    this.#sampler = new RateSampler(ports.clock, sampled);
    this.#management = new AppManagement({
      ...parts,
      history,
      timelines: this.#timelines,
      sampler: this.#sampler,
      changed: (historyId) => this.#changed(historyId),
    });
    this.#stops.push(
      this.#sampler.onSample(() => this.#sampled()),
      log.onLine((line) => this.#feed.tell({ kind: 'log', data: line })),
    );
  }

  /** Serves. Rejects with LinkError when the port cannot be had, ConfigError or StorageError for its files. */
  static async open(parts: WebParts, options: HttpServerConfig): Promise<Web> {
    const { ports, log, path } = parts;
    const { username, password } = options;
    const tools = { ...ports, wallMs: () => Math.round(ports.clock.wallMs()) };
    const first = { username, ...(password === undefined ? {} : { password }) };
    const users = await WebUsers.open(`${path}.users.json`, tools, first, (name, made) =>
      log.warnOnce({ username: name, password: made }, 'first login to the dashboard; choose another password there'),
    );
    const history = await ConfigHistory.open(`${path}.history.json`, ports.disk, (broken) =>
      log.error({ path: broken }, 'the history of changes cannot be read: it begins again'),
    );
    const web = new Web(parts, history);
    try {
      await web.#serve(options, users);
    } catch (error) {
      await web.close();
      throw error;
    }
    return web;
  }

  /** Tells everybody who listens that a device came or went. */
  deviceSeen(event: 'connected' | 'disconnected', clientId: string): void {
    const at = Math.round(this.#parts.ports.clock.wallMs());
    this.#feed.tell({ kind: 'client', data: { at, event, clientId } });
  }

  /** Serves no more. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#sampler.close();
    this.#timelines.close();
    this.#management.config.close();
    this.#feed.close();
    await this.#server?.close();
  }

  async #serve(options: HttpServerConfig, users: WebUsers): Promise<void> {
    const { serve, log, loaded } = this.#parts;
    const { host, port, tls, connectionsMax } = options;
    const secured = tls === undefined ? {} : { tls: tlsOptionsOf(tls, loaded().pems) };
    this.#server = await serve({ host, port, connectionsMax, ...secured }, this.#handler(options, users));
    log.info({ host, port: this.#server.port, isEncrypted: tls !== undefined }, 'API and dashboard are served');
  }

  #handler(options: HttpServerConfig, users: WebUsers): HttpHandler {
    const { host, hosts, bodyBytesMax, sessionIdleMs, metricsKey } = options;
    const { ports, hostname, log } = this.#parts;
    const { clock } = ports;
    const sessions = new Sessions(ports, (name) => users.now(name), { ...sessionDefaults, idleMsMax: sessionIdleMs });
    const authentication = new Authentication(users, sessions, clock);
    const audit = new AuditLog(log, () => clock.wallMs());
    const site = staticFiles(async () => (await import('#dashboard-site')).siteFiles);
    const names = [host, hostname, ...hosts];
    return apiServer({
      management: this.#management,
      sessions,
      users,
      authentication,
      families: familiesOf({ authentication, feed: this.#feed, log, audit }),
      guard: new RequestGuard({ hosts: names, rate: { perSecond: 100, burst: 300 } }, () => clock.now()),
      audited: (...entry) => audit.add(...entry),
      log,
      bodyBytesMax,
      pages: async (request) =>
        request.path === '/metrics' && request.method === 'GET'
          ? metricsAnswer(request, metricsKey, this.#management)
          : site(request),
    });
  }

  #changed(historyId: number): void {
    this.#timelines.look();
    const findings = this.#parts.loaded().notes.map(findingOf);
    this.#feed.tell({ kind: 'config', data: { historyId, findings } });
  }

  #sampled(): void {
    this.#timelines.look();
    this.#feed.review();
    if (this.#feed.hasReceivers) this.#feed.tell({ kind: 'status', data: this.#management.status() });
  }
}
