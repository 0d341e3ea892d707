// SendEntry: one message underway, as whoever sent it sees it, and as the window keeps it.
//
//   published --PUBREC--> released; gone with PUBACK, PUBCOMP or a failure
//
// Bounded by the window.
import { emptyBytes } from '../wire/bytes.ts';
import type { Delivery } from '../wire/publishable.ts';

/** One message underway. */
export interface SendEntry {
  /** 1 to 65535. */
  readonly packetId: number;
  readonly delivery: Delivery;
  /** The owner's own number, for instance the sequence in its queue. */
  readonly token: number;
  /** `published`: the peer may have it; `released`: the peer owns it and PUBCOMP is awaited. */
  readonly state: 'published' | 'released';
}

/** The same with what the window notes of it. */
export class WindowEntry implements SendEntry {
  readonly packetId: number;
  readonly delivery: Delivery;
  readonly token: number;
  /** Grows with every message and run: the order in which they were sent. */
  readonly order: number;
  state: 'published' | 'released' = 'published';
  /** Grows with every release: the order in which PUBREC came. */
  releaseOrder = 0;
  /** Whether it takes one of this connection's quota. */
  isCounted = false;

  constructor(packetId: number, delivery: Delivery, token: number, order: number) {
    this.packetId = packetId;
    this.delivery = delivery;
    this.token = token;
    this.order = order;
  }
}

/** Of a message that is not sent any more nothing is needed but that it is one of QoS 2. */
export const goneDelivery: Delivery = {
  message: { topicBytes: emptyBytes, payload: emptyBytes, properties: emptyBytes, expiresAt: 0 },
  qos: 2,
  retain: false,
  subscriptionIdentifiers: undefined,
};

/** Whether all that is left of a message is that the peer is to forget its identifier: it is nobody's. */
export function isForgone({ token, delivery }: SendEntry): boolean {
  return token === 0 && delivery === goneDelivery;
}
