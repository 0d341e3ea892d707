// SysTopics: the broker's state as retained messages below `$SYS/broker/`, under the names that mosquitto
// uses, so that existing dashboards read them. One publish round each `systemTopicsIntervalMs`, only of
// values that changed.
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import { Acceptance } from '../router/acceptance.ts';
import type { Router } from '../router/router.ts';
import type { BrokerStatus } from './broker-status.ts';

/** Publishes a broker's state on `$SYS` topics. */
export class SysTopics {
  readonly #router: Router;
  readonly #version: string;
  readonly #origin = new Origin('system', '$SYS');
  readonly #published = new Map<string, string>();

  constructor(router: Router, version: string) {
    this.#router = router;
    this.#version = version;
  }

  /** Publishes what has changed since the last call. */
  publish(status: BrokerStatus): void {
    const values: Record<string, string | number> = {
      version: `viaduct ${this.#version}`,
      uptime: `${Math.floor(status.uptimeMs / 1000)} seconds`,
      'clients/connected': status.connections,
      'clients/total': status.sessions,
      'clients/disconnected': status.sessions - status.connections,
      'subscriptions/count': status.subscriptions,
      'retained messages/count': status.retained,
      'store/messages/count': status.queued,
      'publish/messages/received': status.received,
      'publish/messages/sent': status.sent,
      'publish/messages/dropped': Object.values(status.dropped).reduce((sum, count) => sum + count, 0),
      'bytes/received': status.bytesReceived,
      'bytes/sent': status.bytesSent,
    };
    for (const [name, value] of Object.entries(values)) this.#publishOne(`$SYS/broker/${name}`, String(value));
  }

  #publishOne(topic: string, text: string): void {
    if (this.#published.get(topic) === text) return;
    this.#published.set(topic, text);
    const message = new Message({ topic, payload: bytesOfText(text), qos: 0, retain: true, origin: this.#origin });
    this.#router.publish(message, new Acceptance(nobody, 0));
  }
}

/** Nobody waits for the acknowledgement of a system topic. */
const nobody = { accepted: (): void => undefined };
