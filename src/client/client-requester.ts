// ClientRequester: request and response over MQTT 5.0 (section 4.10). A request names a topic for its answer and
// carries correlation data that the answer brings back. One subscription serves all requests of a client.
//
//   request -> PUBLISH with response topic and correlation data -> ... -> answer with the same data -> fulfilled
//
// Bounded by `pendingMax` requests without answer, each for at most its `timeoutMs`.
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { LinkError, UsageError } from '../base/errors.ts';
import type { Ports, Timer } from '../ports/ports.ts';
import type { Client } from './client.ts';
import type { ClientSubscription } from './client-subscription.ts';
import type { ReceivedMessage } from './received-message.ts';

/** How requests are made. */
export interface RequesterOptions {
  /**
   * Where answers come: a topic that this client may subscribe to and nobody else uses. Default the response
   * information of the server, which has to be asked for in CONNECT (`properties.requestResponseInformation`).
   */
  readonly responseTopic?: string;
  /** QoS of requests and answers. Default 1. */
  readonly qos?: Qos;
  /** Requests without answer; beyond it `request` rejects. Default 1000. */
  readonly pendingMax?: number;
}

/** How one request is made. */
export interface RequestOptions {
  /** Longest wait for the answer, in ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** More properties of the request. */
  readonly properties?: Properties;
}

interface Pending {
  readonly resolve: (answer: ReceivedMessage) => void;
  readonly timer: Timer;
}

/** Makes requests for one client of version 5.0. */
export class ClientRequester {
  readonly #client: Client;
  readonly #ports: Ports;
  readonly #options: RequesterOptions & { readonly responseTopic: string };
  readonly #pending = new Map<string, Pending>();
  #subscription: ClientSubscription | undefined;

  private constructor(client: Client, ports: Ports, options: RequesterOptions & { readonly responseTopic: string }) {
    this.#client = client;
    this.#ports = ports;
    this.#options = options;
  }

  /** Subscribes to the topic of the answers. Rejects like `Client.subscribe`, with UsageError where there is none. */
  static async open(client: Client, ports: Ports, options: RequesterOptions): Promise<ClientRequester> {
    const responseTopic = options.responseTopic ?? client.serverProperties.responseInformation;
    if (responseTopic === undefined) {
      throw new UsageError('TOPIC_NAME', 'no response topic is given, and the server sent no response information');
    }
    const requester = new ClientRequester(client, ports, { ...options, responseTopic });
    await requester.#listen();
    return requester;
  }

  /** Requests without answer. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Publishes a request. Fulfilled with its answer; rejects with LinkError when none comes in time, with UsageError
   * when too many wait, and as `Client.publish` does.
   */
  async request(topic: string, payload: string | Uint8Array, options: RequestOptions = {}): Promise<ReceivedMessage> {
    const { timeoutMs = 10_000, properties } = options;
    const { responseTopic, qos = 1, pendingMax = 1000 } = this.#options;
    if (this.#pending.size >= pendingMax) {
      throw new UsageError('QUEUE_FULL', `${this.#pending.size} requests have no answer yet`);
    }
    const key = this.#ports.random.bytes(12).toString('hex');
    const answered = new Promise<ReceivedMessage>((resolve, reject) => {
      const timer = this.#ports.clock.schedule(timeoutMs, () => {
        this.#pending.delete(key);
        reject(new LinkError('open', `no answer to ${topic} came within ${timeoutMs} ms`));
      });
      this.#pending.set(key, { resolve, timer });
    });
    // told by `request` itself, also while the publish is still underway
    answered.catch(() => undefined);
    try {
      const more = { ...properties, responseTopic, correlationData: bytesOfText(key) };
      await Promise.race([answered, this.#client.publish(topic, payload, { qos, properties: more })]);
    } catch (error) {
      this.#forget(key);
      throw error;
    }
    return answered;
  }

  /** No more answers are taken; requests that wait reject at their time. */
  async close(): Promise<void> {
    await this.#subscription?.unsubscribe();
  }

  async #listen(): Promise<void> {
    const { responseTopic, qos = 1 } = this.#options;
    this.#subscription = await this.#client.subscribe(responseTopic, { qos }, (message) => this.#answered(message));
  }

  #answered(message: ReceivedMessage): void {
    const key = message.properties.correlationData?.toString() ?? '';
    this.#forget(key)?.resolve(message);
  }

  #forget(key: string): Pending | undefined {
    const pending = this.#pending.get(key);
    pending?.timer.cancel();
    this.#pending.delete(key);
    return pending;
  }
}
