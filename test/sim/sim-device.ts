// SimDevice: a client of the product on a machine of its own. What it publishes and gets is written into the ledger.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { messageOf, RefusedError } from '../../src/base/errors.ts';
import { Client } from '../../src/client/client.ts';
import { Turn } from '../../src/link/turn.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { DevicePlan } from './story.ts';

const backoff = { delayMsMin: 200, delayMsMax: 5000, stableMs: 10_000 };

/** One client. */
export class SimDevice {
  readonly plan: DevicePlan;
  /** The last thing that went wrong in it. */
  fault: string | undefined;
  readonly #ledger: Ledger;
  /** Under which name its messages are received. */
  readonly #receiver: string;
  #client: Client | undefined;
  #subscribed = 0;
  #isGone = false;
  #retains = 0;

  constructor(plan: DevicePlan, receiver: string, ledger: Ledger) {
    this.plan = plan;
    this.#receiver = receiver;
    this.#ledger = ledger;
  }

  /** Whether it is connected, and all of its subscriptions were granted once. */
  get isReady(): boolean {
    return this.#client?.status.state === 'connected' && this.#subscribed === this.plan.filters.length;
  }

  /** Messages published and not settled. */
  get pendingCount(): number {
    return this.#client?.pendingCount ?? 0;
  }

  /** Connects and subscribes; `isVisiting`: with a session that ends with the connection. */
  start(ports: Ports, isVisiting = false): void {
    const { name, server, version, keepAlive, sendWindowMax, receiveMaximum, topicAliasMaximum } = this.plan;
    const options = {
      clientId: name,
      version,
      keepAlive,
      sendWindowMax,
      receiveMaximum,
      backoff,
      isPatient: true,
      cleanStart: isVisiting,
      sessionExpiryInterval: isVisiting ? 0 : 86_400,
      connectTimeoutMs: 5000,
      answerTimeoutMs: 5000,
      properties: { topicAliasMaximum },
      will: { topic: `will/${name}`, payload: name, qos: 1 as const },
    };
    const context = { ports, turn: new Turn(ports.clock) };
    Client.connect(`mqtt://${server}:1883`, options, context).then(
      (client) => this.#opened(client),
      (error: unknown) => {
        this.fault = `${name} gave up: ${error instanceof Error ? error.message : error}`;
      },
    );
  }

  /** Publishes messages, one behind the other. */
  publish(topic: string, qos: Qos, sizes: readonly number[]): void {
    for (const size of sizes) {
      const entry = this.#ledger.publish(this.plan.name, topic, qos, size);
      this.#client?.publish(topic, entry.payload, { qos }).then(
        () => {
          entry.state = 'accepted';
        },
        (error: unknown) => this.#notPublished(entry, error),
      );
    }
  }

  /** Publishes a retained message. */
  async retain(topic: string, payload: string, qos: Qos): Promise<void> {
    await this.#client?.publish(topic, payload, { qos, retain: true }).catch((error: unknown) => {
      this.fault = `${topic} was not published: ${error instanceof Error ? error.message : error}`;
    });
  }

  /** Retains another message, or the end of the last one; that a server does not take it is no fault. */
  retainNext({ topic, qos, isEnd }: { readonly topic: string; readonly qos: Qos; readonly isEnd: boolean }): void {
    const payload = isEnd ? '' : `${topic} ${++this.#retains}`;
    this.#client?.publish(topic, payload, { qos, retain: true }).catch((error: unknown) => {
      if (!(error instanceof RefusedError)) this.fault = `${topic} was not published: ${messageOf(error)}`;
    });
  }

  /** Disconnects in order. */
  async close(): Promise<void> {
    await this.#client?.close({ timeoutMs: 1000 });
  }

  /** Vanishes. */
  destroy(): void {
    this.#isGone = true;
    this.#client?.destroy();
  }

  #opened(client: Client): void {
    this.#client = client;
    if (this.#isGone) {
      client.destroy();
      return;
    }
    const { filters, qos, name } = this.plan;
    for (const filter of filters) {
      const onMessage = (message: { topic: string; text: string; qos: Qos }): void =>
        this.#ledger.received(this.#receiver, message.topic, message.text, message.qos);
      client.subscribe(filter, { qos }, onMessage).then(
        () => {
          this.#subscribed++;
        },
        (error: unknown) => {
          this.fault = `${name} could not subscribe: ${error instanceof Error ? error.message : error}`;
        },
      );
    }
  }

  #notPublished(entry: Entry, error: unknown): void {
    entry.state = 'refused';
    if (!(error instanceof RefusedError)) {
      this.fault = `${entry.id} was not published: ${error instanceof Error ? error.message : error}`;
    }
  }
}
