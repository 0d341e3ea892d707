// Web: API and dashboard of a process, loaded only where a configuration has an `http_server`. It makes users,
// sessions and endpoints out of what runs, and serves them on their own port; closing it leaves broker and bridges as
// they are.
// Bounded by the section `http_server` of the configuration.

import type { HttpServerConfig } from '../../config/config-types.ts';
import { apiServer } from '../../http/api-server.ts';
import { Authentication } from '../../http/authentication.ts';
import { bridgesApi } from '../../http/bridges-api.ts';
import { clientsApi } from '../../http/clients-api.ts';
import type { LogRing } from '../../http/log-ring.ts';
import { overviewApi } from '../../http/overview-api.ts';
import { RequestGuard } from '../../http/request-guard.ts';
import { ApiRouter } from '../../http/router.ts';
import { sessionApi } from '../../http/session-api.ts';
import { Sessions, sessionDefaults } from '../../http/sessions.ts';
import { WebUsers } from '../../http/web-users.ts';
import type { HttpServer, ServeHttp } from '../../ports/http-server.ts';
import { tlsOptionsOf } from '../from-config.ts';
import { AppManagement, type ManagedParts } from './app-management.ts';
import { RateSampler } from './rate-sampler.ts';

/** What it is made of. */
export interface WebParts extends Omit<ManagedParts, 'sampler'> {
  readonly log: LogRing;
  /** The path of the configuration, beside which users are kept. */
  readonly path: string;
  readonly serve: ServeHttp;
}

/** API and dashboard, served. */
export class Web {
  readonly port: number;
  readonly #server: HttpServer;
  readonly #sampler: RateSampler;

  private constructor(server: HttpServer, sampler: RateSampler) {
    this.port = server.port;
    this.#server = server;
    this.#sampler = sampler;
  }

  /** Serves. Rejects with LinkError when the port cannot be had, ConfigError or StorageError for its files. */
  static async open(parts: WebParts, options: HttpServerConfig): Promise<Web> {
    const { ports, log, broker, bridges, path, serve, hostname, loaded } = parts;
    const { clock, disk, random } = ports;
    const { host, username, password, sessionIdleMs, hosts, connectionsMax, bodyBytesMax } = options;
    const tools = { disk, random, wallMs: () => Math.round(clock.wallMs()) };
    const first = { username, ...(password === undefined ? {} : { password }) };
    const users = await WebUsers.open(`${path}.users.json`, tools, first, (name, made) =>
      log.warnOnce({ username: name, password: made }, 'first login to the dashboard; choose another password there'),
    );
    const sessions = new Sessions(ports, (name) => users.now(name), { ...sessionDefaults, idleMsMax: sessionIdleMs });
    const authentication = new Authentication(users, sessions, clock);
    const sampler = new RateSampler(clock, { broker: () => broker.status, bridges: () => bridges.status });
    const management = new AppManagement({ ...parts, sampler });
    const endpoints = [...sessionApi(authentication), ...overviewApi, ...bridgesApi, ...clientsApi];
    const names = [host, hostname, ...hosts];
    const handler = apiServer({
      management,
      sessions,
      users,
      authentication,
      families: [{ base: '/api/v1', router: new ApiRouter(endpoints), mayUsePassword: false }],
      guard: new RequestGuard({ hosts: names, rate: { perSecond: 100, burst: 300 } }, () => clock.now()),
      audited: (principal, request, status) =>
        log.info(
          { who: principal?.username ?? '-', address: request.remoteAddress, method: request.method, status },
          `api: ${request.path}`,
        ),
      log,
      bodyBytesMax,
    });
    const { tls, port } = options;
    const secured = tls === undefined ? {} : { tls: tlsOptionsOf(tls, loaded().pems) };
    try {
      const server = await serve({ host, port, connectionsMax, ...secured }, handler);
      log.info({ host, port: server.port, isEncrypted: tls !== undefined }, 'API and dashboard are served');
      return new Web(server, sampler);
    } catch (error) {
      sampler.close();
      throw error;
    }
  }

  /** Serves no more. */
  async close(): Promise<void> {
    this.#sampler.close();
    await this.#server.close();
  }
}
