// ClientManager: the devices of the broker as the API tells of them. Nothing is kept here: every question is answered
// from the sessions of that moment.
// Bounded by the sessions; whoever asks takes a page.
import { textOfBytes } from '../../../protocol/wire/bytes.ts';
import type { ConnectPacket } from '../../../protocol/wire/packets.ts';
import type { Broker } from '../../broker/broker.ts';
import type { SeenDevice } from '../../broker/seen-devices.ts';
import type { ClientView } from '../../http/api-broker-types.ts';
import type { ClientManagement } from '../../http/management.ts';
import type { Clock } from '../../ports/ports.ts';

/** Looks after devices. */
export class ClientManager implements ClientManagement {
  readonly #broker: Broker;
  readonly #clock: Clock;

  constructor(broker: Broker, clock: Clock) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /** See `ClientManagement`. */
  *list(): Generator<ClientView, void, void> {
    for (const device of this.#broker.devices()) yield this.#viewOf(device);
  }

  /** See `ClientManagement`. */
  get(clientId: string): ClientView | undefined {
    const device = this.#broker.device(clientId);
    return device && this.#viewOf(device);
  }

  /** See `ClientManagement`. */
  kick(clientId: string): boolean {
    return this.#broker.kick(clientId);
  }

  #viewOf({ session, connection }: SeenDevice): ClientView {
    const wallOf = (moment: number): number => Math.round(this.#clock.wallMs() - this.#clock.now() + moment);
    const username = session.identity?.username;
    const common = {
      clientId: session.origin.name,
      ...(username === undefined ? {} : { username }),
      subscriptions: session.subscriptions.size,
      queued: session.queueDepth,
      queuedBytes: session.queueBytes,
      underway: session.flows.underwayCount,
    };
    if (connection === undefined) {
      const { expiresAt } = session;
      return { ...common, isConnected: false, ...(Number.isFinite(expiresAt) ? { expiresAt: wallOf(expiresAt) } : {}) };
    }
    const { connect, identity, acceptedAt, ...more } = connection;
    const { will } = connect;
    return {
      ...common,
      ...more,
      isConnected: true,
      address: identity.address ?? '',
      version: connect.version,
      cleanStart: connect.cleanStart,
      keepAliveS: connect.keepAlive,
      ...(will === undefined ? {} : { will: willViewOf(will) }),
      connectedAt: wallOf(acceptedAt),
    };
  }
}

/** Bytes of a will that are told. */
const willBytesMax = 1024;

function willViewOf({
  topic,
  qos,
  retain,
  payload,
}: NonNullable<ConnectPacket['will']>): NonNullable<ClientView['will']> {
  return { topic, qos, retain, text: textOfBytes(payload, 0, Math.min(payload.length, willBytesMax)) };
}
