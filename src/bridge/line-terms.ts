// LineTerms: what each new line of a connector is made of: the session and the terms of its server, who hears of runs,
// whether this server may send back what it gets; what is asked on it, and what its end means. Pure.
// Nothing here grows.
import type { ConnectionEnd } from '../../protocol/connection/exchange.ts';
import type { RunSink } from '../../protocol/connection/run-exchange.ts';
import { noProperties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { checkConnect, type LineParts, type OutgoingLine } from '../link/outgoing-line.ts';
import type { Socket } from '../ports/ports.ts';
import { termsOf } from './connect-terms.ts';
import type { ConnectorOwner, ConnectorParts } from './connector-parts.ts';
import { isUnexplained, type Trouble, troubleOfEnd } from './link-trouble.ts';
import { areEchoesLookedFor } from './loop-risk.ts';
import type { RemoteServer } from './remote-server.ts';
import type { RequestTarget } from './subscription-requests.ts';

/** Where a line goes, over which socket, and who hears of it. */
export interface LineWay {
  readonly server: RemoteServer;
  readonly socket: Socket;
  readonly owner: ConnectorOwner;
}

/** What a line to a server is made of. */
export function linePartsOf({ turn, options }: ConnectorParts, { server, socket, owner }: LineWay): LineParts {
  const runSink: RunSink = {
    runReceived: () => 'declined',
    runSettled: (token, count) => owner.runSettled(token, count),
  };
  const terms = { ...termsOf(options, server), runSink };
  return { socket, turn, session: server.session, terms, maximumPacketSize: options.maximumPacketSize };
}

/** Whether a server may send back what it gets, and that is looked for: it is one of 3.x. */
export function mayEcho({ options, isOneOfSeveral }: ConnectorParts, server: RemoteServer): boolean {
  // the bridge bit only keeps back what came over this connection
  const isHeldBack = server.isBridgeBitSet && !isOneOfSeveral();
  return server.version !== ProtocolVersion.v5 && !isHeldBack && areEchoesLookedFor(options);
}

/** Throws UsageError for options of which no CONNECT can be made. */
export function checkServers({ options }: ConnectorParts, servers: readonly RemoteServer[]): void {
  for (const server of servers) checkConnect(termsOf(options, server).connect);
}

/** Where requests about subscriptions go. */
export function requestTargetOf(
  { options, ports }: ConnectorParts,
  { version }: RemoteServer,
  line: OutgoingLine | undefined,
): RequestTarget {
  const properties = version === ProtocolVersion.v5 ? options.subscribeProperties : noProperties;
  return { machine: line?.machine, properties, now: ports.clock.now() };
}

/** A line that is over. */
export interface EndedLine {
  readonly server: RemoteServer;
  readonly end: ConnectionEnd;
  /** Whether MQTT was up. */
  readonly wasAccepted: boolean;
  /** Who may know which message the remote does not bear; undefined where we have closed. */
  readonly owner: Pick<ConnectorOwner, 'cut'> | undefined;
}

/** What the end of a line means. */
export function troubleOf({ options }: ConnectorParts, { server, end, wasAccepted, owner }: EndedLine): Trouble {
  const { clientId } = server;
  const isExplained = wasAccepted && isUnexplained(end) && owner?.cut() === true;
  const shortLives = isExplained ? 0 : server.shortLives;
  return troubleOfEnd(end, { clientId, shortLives, wasAccepted, linkRefusals: options.linkRefusals });
}
