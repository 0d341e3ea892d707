// AppManagement: what runs, as the API drives it. It joins the
// managers of each kind of thing and tells of the whole. It
// holds no state of what it tells about.
import { memoryUsage, version as nodeVersion, pid, uptime } from 'node:process';
import type { Bridges } from '../../bridge/bridges.ts';
import type { Broker } from '../../broker/broker.ts';
import { brokerVersion } from '../../broker/broker-version.ts';
import type { CertificateView, HealthReply, MetricsHistoryReply, StatusReply } from '../../http/api-types.ts';
import type { BridgeLatencies, Management } from '../../http/management.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Router } from '../../router/router.ts';
import type { AppPlace, RunControl } from '../app-place.ts';
import { BridgeManager } from './bridge-manager.ts';
import { certificatesOf } from './certificate-list.ts';
import { ClientManager } from './client-manager.ts';
import { ConfigManager, type ConfigManagerParts } from './config-manager.ts';
import { DeliveryManager } from './delivery-manager.ts';
import { MessageManager } from './message-manager.ts';
import type { RateSampler } from './rate-sampler.ts';
import { RightsManager } from './rights-manager.ts';
import { SubscriptionManager } from './subscription-manager.ts';
import type { Timelines } from './timelines.ts';

/** How long the answer has to leave before what it promises is done, in ms. */
const controlDelayMs = 100;

/** What is managed. */
export interface ManagedParts extends Omit<ConfigManagerParts, 'disk' | 'clock'> {
  readonly broker: Broker;
  readonly bridges: Bridges;
  readonly router: Router;
  readonly ports: Ports;
  readonly sampler: RateSampler;
  readonly timelines: Timelines;
  readonly hostname: string;
  readonly onControl?: AppPlace['onControl'];
}

/** Everything that the API drives. */
export class AppManagement implements Management {
  readonly bridges: BridgeManager;
  readonly delivery: DeliveryManager;
  readonly clients: ClientManager;
  readonly config: ConfigManager;
  readonly messages: MessageManager;
  readonly subscriptions: SubscriptionManager;
  readonly rights: RightsManager;
  readonly #parts: ManagedParts;

  constructor(parts: ManagedParts) {
    this.#parts = parts;
    this.config = new ConfigManager({ ...parts, ...parts.ports });
    this.bridges = new BridgeManager({ ...parts, tried: (changes) => this.config.tried(changes) });
    this.delivery = new DeliveryManager({ ...parts.ports, running: (name) => this.bridges.running(name) });
    this.messages = new MessageManager({ ...parts, ...parts.ports });
    this.subscriptions = new SubscriptionManager(parts.broker);
    this.rights = new RightsManager(parts.loaded, parts.ports.random);
    this.clients = new ClientManager(parts.broker, parts.ports.clock);
  }

  /** See `Management`. */
  status(): StatusReply {
    const { broker, sampler, hostname, ports } = this.#parts;
    const { clock } = ports;
    const { unconfirmed } = this.config;
    const wallMs = Math.round(clock.wallMs());
    return {
      version: brokerVersion,
      hostname,
      now: { wallMs, monotonicMs: clock.now() },
      broker: broker.status,
      rates: sampler.rates,
      process: {
        pid,
        node: nodeVersion,
        rssBytes: memoryUsage.rss(),
        heapBytes: memoryUsage().heapUsed,
        cpu: sampler.cpu,
        startedAt: Math.round(wallMs - uptime() * 1000),
      },
      listeners: broker.listeners,
      bridges: this.bridges.list(),
      ...(unconfirmed === undefined ? {} : { unconfirmed }),
    };
  }

  /** See `Management`. */
  health(): HealthReply {
    const { broker, bridges } = this.#parts;
    const all = bridges.status;
    return {
      status: broker.status.state === 'open' ? 'ok' : 'closing',
      bridges: all.length,
      bridgesConnected: all.filter(({ link }) => link.state === 'connected').length,
    };
  }

  /** See `Management`: when the answer has had time to leave. */
  control(wanted: RunControl): boolean {
    const { onControl, ports } = this.#parts;
    if (onControl === undefined) return false;
    ports.clock.schedule(controlDelayMs, () => onControl(wanted));
    return true;
  }

  /** See `Management`. */
  metricsHistory(): MetricsHistoryReply {
    return this.#parts.sampler.history();
  }

  /** See `Management`. */
  latencies(): readonly BridgeLatencies[] {
    return this.#parts.bridges.latencies;
  }

  /** See `Management`. */
  certificates(): readonly CertificateView[] {
    return certificatesOf(this.#parts.loaded());
  }
}
