// ClientRequests: SUBSCRIBE and UNSUBSCRIBE that wait for their answer. A request
// that a lost connection left unanswered is asked again on the next one; its promise
// simply takes longer.
//
// Bounded: `waitingCountMax` requests while there is no connection; asked ones by the packet identifiers.
import type { Properties } from '../../protocol/wire/properties.ts';
import { isFailure, ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import { RefusedError, UsageError } from '../base/errors.ts';

/** Requests that wait for a connection; beyond it they are rejected. */
const waitingCountMax = 65_535;

/** One request for one filter. */
export interface ClientRequest {
  readonly kind: 'subscribe' | 'unsubscribe';
  readonly filter: string;
  /** Those of UNSUBSCRIBE; a subscription has its own. */
  readonly properties: Properties;
  readonly resolve: (reasonCode: ReasonCode) => void;
  readonly reject: (error: Error) => void;
}

/** The unanswered requests of one client. */
export class ClientRequests {
  readonly #asked = new Map<number, ClientRequest>();
  #waiting: ClientRequest[] = [];

  /** A request that could not be sent yet. */
  wait(request: ClientRequest): void {
    if (this.#waiting.length < waitingCountMax) this.#waiting.push(request);
    else request.reject(new UsageError('QUEUE_FULL', `${waitingCountMax} requests wait for a connection`));
  }

  /** A request was sent under a packet identifier. */
  asked(packetId: number, request: ClientRequest): void {
    this.#asked.set(packetId, request);
  }

  /** The server answered. Returns the request; its promise is settled. */
  answered(packetId: number, reasonCode: ReasonCode | undefined): ClientRequest | undefined {
    const request = this.#asked.get(packetId);
    if (request === undefined) return undefined;
    this.#asked.delete(packetId);
    const code = reasonCode ?? ReasonCode.success;
    if (isFailure(code)) {
      const message = `the server refused to ${request.kind} ${request.filter}: ${reasonName(code)}`;
      request.reject(new RefusedError(code, message));
    } else {
      request.resolve(code);
    }
    return request;
  }

  /** Everything that is to be asked on a new connection, in order. */
  takeAll(): readonly ClientRequest[] {
    const all = [...this.#asked.values(), ...this.#waiting];
    this.#asked.clear();
    this.#waiting = [];
    return all;
  }

  /** Rejects everything. */
  clear(error: Error): void {
    for (const request of this.takeAll()) request.reject(error);
  }
}
