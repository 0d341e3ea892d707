// Redirects: where a client dials when servers send it elsewhere (reasons use another server and server moved, 5.0).
//
//   home --use another server--> away --over--> home            any --server moved--> a new home
//
// Off unless allowed, for the server there gets the same user name and password. What was dialled encrypted stays so.
// Bounded: `redirectMax` in a row; after that the client waits like after any refusal.
import type { ConnectionEnd } from '../../protocol/connection/exchange.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { parseRemoteAddress, type RemoteAddress } from '../base/remote-address.ts';

/** The addresses of one client. */
export class Redirects {
  readonly #redirectMax: number;
  #home: RemoteAddress;
  #away: RemoteAddress | undefined;
  #followed = 0;

  /** `redirectMax`: how many are followed without a connection that lasts in between; 0 follows none. */
  constructor(home: RemoteAddress, redirectMax: number) {
    this.#home = home;
    this.#redirectMax = redirectMax;
  }

  /** Where to dial now. */
  get address(): RemoteAddress {
    return this.#away ?? this.#home;
  }

  /** A server accepted. */
  connected(): void {
    this.#followed = 0;
  }

  /** A connection is over. Returns whether `address` is another one that the server named [MQTT-4.13.2-1]. */
  follow({ reasonCode, serverReference }: Pick<ConnectionEnd, 'reasonCode' | 'serverReference'>): boolean {
    const from = this.address;
    this.#away = undefined;
    const isMoved = reasonCode === ReasonCode.serverMoved;
    if (!isMoved && reasonCode !== ReasonCode.useAnotherServer) return false;
    const next = serverReference === undefined ? undefined : referredAddress(serverReference, from);
    if (next === undefined || this.#followed >= this.#redirectMax) return false;
    this.#followed++;
    if (isMoved) this.#home = next;
    else this.#away = next;
    return true;
  }

  /** Nobody could be reached: home is the next to be tried. Returns whether that is another address. */
  goHome(): boolean {
    const wasAway = this.#away !== undefined;
    this.#away = undefined;
    return wasAway;
  }
}

/**
 * The first address of a server reference, a list with spaces between; undefined if it is none. Without a scheme it is
 * reached as `from` was; with one it is refused where it would take encryption away.
 */
export function referredAddress(reference: string, from: RemoteAddress): RemoteAddress | undefined {
  const [first = ''] = reference.trim().split(/\s+/);
  const hasScheme = first.includes('://');
  const scheme = `${from.webSocket === undefined ? 'mqtt' : 'ws'}${from.isEncrypted ? 's' : ''}`;
  const path = from.webSocket === undefined || first.includes('/') ? '' : from.webSocket.path;
  const address = parseRemoteAddress(hasScheme ? first : `${scheme}://${first}${path}`);
  if (typeof address === 'string') return undefined;
  return from.isEncrypted && !address.isEncrypted ? undefined : address;
}
