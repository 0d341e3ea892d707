// LineEchoes: whether one connection may get back what it sends, and what of it has come back: only such connections
// pay for looking at each message. That is asked when a line is opened, and again when rules or lanes change while it
// is up; a line that once looked goes on, since what it sent may still come back.
//
// Bounded as `EchoGuard` is, which all lanes share.
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import type { Publishable } from '../../protocol/wire/publishable.ts';
import type { ConnectorParts } from './connector-parts.ts';
import { mayEcho } from './line-terms.ts';
import type { RemoteServer } from './remote-server.ts';

/** The echoes of one connection. */
export class LineEchoes {
  /** Whether each message is looked at. */
  isLooking = false;
  readonly #parts: ConnectorParts;

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
  }

  /** A line to a server is opened. */
  opened(server: RemoteServer): void {
    this.isLooking = mayEcho(this.#parts, server);
  }

  /** Rules or lanes are other ones now. */
  changed(server: RemoteServer): void {
    this.isLooking ||= mayEcho(this.#parts, server);
  }

  /** A message was sent. */
  sent(message: Publishable): void {
    if (this.isLooking) this.#parts.echoes.sent(message);
  }

  /** Whether a message that came is one that was sent. */
  isEcho(publish: ReceivedPublish): boolean {
    return this.isLooking && this.#parts.echoes.isEcho(publish);
  }
}
