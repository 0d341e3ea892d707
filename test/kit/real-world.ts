// RealWorld: brokers and bridges on real sockets of loopback, closed together at the end of a test.
import type { Test } from 'tap';
import { nodePorts } from '../../src/app/node-ports.ts';
import { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { Broker } from '../../src/broker/broker.ts';
import type { BrokerOptions } from '../../src/broker/broker-options.ts';
import { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/client-options.ts';
import { Turn } from '../../src/link/turn.ts';
import type { TlsOptions } from '../../src/ports/ports.ts';
import { Router } from '../../src/router/router.ts';
import { auditBridge, auditBroker } from './audit.ts';
import { fixtureText } from './fixtures.ts';
import { MemoryLog } from './world.ts';

/** A broker with the router that bridges share with it. */
export interface RealBroker {
  readonly broker: Broker;
  readonly router: Router;
  readonly port: number;
}

/** What a test opens on real sockets. */
export class RealWorld {
  readonly log: MemoryLog = new MemoryLog();
  readonly #ports = nodePorts();
  readonly #turn = new Turn(this.#ports.clock);
  readonly #closing: (() => Promise<unknown>)[] = [];

  constructor(t: Test) {
    t.teardown(async () => {
      for (const close of this.#closing.reverse()) await close();
    });
  }

  /** A broker on a free port. */
  async openBroker(options: Partial<BrokerOptions> = {}, tls?: TlsOptions): Promise<RealBroker> {
    const router = new Router();
    const context = { ports: this.#ports, log: this.log, router, turn: this.#turn };
    const listener = { name: 'main', host: '127.0.0.1', port: 0, ...(tls === undefined ? {} : { tls }) };
    const broker = auditBroker(await Broker.open(context, { listeners: [listener], ...options }));
    this.#closing.push(() => broker.close({ timeoutMs: 1000 }));
    return { broker, router, port: broker.listeners[0]?.port ?? 0 };
  }

  /** A bridge from a broker to a port of loopback. */
  openBridge(near: RealBroker, port: number, more: Partial<BridgeSettings> = {}): Bridge {
    const context = { ports: this.#ports, log: this.log, router: near.router, turn: this.#turn };
    const settings = {
      name: `bridge-${this.#closing.length}`,
      clientId: `bridge-${this.#closing.length}`,
      remote: { host: '127.0.0.1', port },
      backoff: { delayMsMin: 50, delayMsMax: 400, stableMs: 10_000 },
      ...more,
    };
    const bridge = auditBridge(Bridge.open(context, settings));
    this.#closing.push(() => bridge.close({ timeoutMs: 500 }));
    return bridge;
  }

  /** One of our clients. */
  async connect(port: number, options: Partial<ClientOptions> = {}): Promise<Client> {
    const scheme = options.tls === undefined ? 'mqtt' : 'mqtts';
    const backoff = { delayMsMin: 50, delayMsMax: 400, stableMs: 10_000 };
    const client = await Client.connect(
      `${scheme}://127.0.0.1:${port}`,
      { backoff, ...options },
      { ports: this.#ports },
    );
    this.#closing.push(() => client.close({ timeoutMs: 500 }));
    return client;
  }

  /** Something else to close at the end. */
  closeLater(close: () => Promise<unknown>): void {
    this.#closing.push(close);
  }
}

/** Waits until something holds; throws with `what` if it does not within `timeoutMs`. */
export async function until(what: string, holds: () => boolean, timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A certificate of the tests with its key. */
export function certificate(name: 'server' | 'wrong-name' | 'expired' | 'client'): TlsOptions {
  return { certificate: fixtureText(`tls/${name}.pem`), key: fixtureText(`tls/${name}.key`) };
}

/** An authority of the tests. */
export function authority(name: 'ca' | 'other-ca'): TlsOptions {
  return { authorities: fixtureText(`tls/${name}.pem`) };
}
