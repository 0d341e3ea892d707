// SysTopics: the broker's state as retained messages below `$SYS/broker/`, under the names that mosquitto
// uses, so that existing dashboards read them. One publish round each `systemTopicsIntervalMs`, only of
// values that changed.
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import { Acceptance } from '../router/acceptance.ts';
import type { Router } from '../router/router.ts';
import type { BrokerStatus } from './broker-status.ts';
import { LoadAverages } from './load-averages.ts';

/** Publishes a broker's state on `$SYS` topics. */
export class SysTopics {
  readonly #router: Router;
  readonly #version: string;
  readonly #origin = new Origin('system', '$SYS');
  readonly #published = new Map<string, string>();
  readonly #loads: LoadAverages;
  #clientsMax = 0;
  #heapMax = 0;

  /** `now` in ms: averages begin there. */
  constructor(router: Router, version: string, now: number) {
    this.#router = router;
    this.#loads = new LoadAverages(now);
    this.#version = version;
  }

  /** Publishes what has changed since the last call. `heapBytes` 0: not known. */
  publish(status: BrokerStatus, heapBytes: number, now: number): void {
    this.#clientsMax = Math.max(this.#clientsMax, status.sessions);
    this.#heapMax = Math.max(this.#heapMax, heapBytes);
    const dropped = Object.values(status.dropped).reduce((sum, count) => sum + count, 0);
    const values: Record<string, string | number> = {
      version: `viaduct ${this.#version}`,
      uptime: `${Math.floor(status.uptimeMs / 1000)} seconds`,
      'clients/total': status.sessions,
      'clients/connected': status.connected,
      'clients/active': status.connected,
      'clients/disconnected': status.sessions - status.connected,
      'clients/inactive': status.sessions - status.connected,
      'clients/expired': status.sessionsExpired,
      'clients/maximum': this.#clientsMax,
      'subscriptions/count': status.subscriptions,
      'shared_subscriptions/count': status.sharedSubscriptions,
      'retained messages/count': status.retained,
      'messages/inflight': status.underway,
      'messages/stored': status.queued + status.retained,
      'store/messages/count': status.queued + status.retained,
      'store/messages/bytes': status.queuedBytes + status.retainedBytes,
      'messages/received': status.packetsReceived,
      'messages/sent': status.packetsSent,
      'publish/messages/received': status.received,
      'publish/messages/sent': status.sent,
      'publish/messages/dropped': dropped,
      'publish/bytes/received': status.payloadBytesReceived,
      'publish/bytes/sent': status.payloadBytesSent,
      'bytes/received': status.bytesReceived,
      'bytes/sent': status.bytesSent,
      ...(heapBytes > 0 ? { 'heap/current': heapBytes, 'heap/maximum': this.#heapMax } : {}),
    };
    for (const [reason, count] of Object.entries(status.dropped)) values[`dropped/${reason}`] = count;
    for (const [reason, count] of Object.entries(status.refusedLogins)) values[`refused logins/${reason}`] = count;
    for (const [cause, count] of Object.entries(status.refused)) values[`refused/${cause}`] = count;
    const counted = {
      'load/messages/received': status.packetsReceived,
      'load/messages/sent': status.packetsSent,
      'load/publish/received': status.received,
      'load/publish/sent': status.sent,
      'load/publish/dropped': dropped,
      'load/bytes/received': status.bytesReceived,
      'load/bytes/sent': status.bytesSent,
      'load/sockets': status.connectionsTotal,
      'load/connections': status.connectsTotal,
    };
    Object.assign(values, this.#loads.update(counted, now));
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
