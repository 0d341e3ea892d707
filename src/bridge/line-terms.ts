// LineTerms: what each new line of a connector is made of:
// the session and the terms of its server, who hears of runs,
// and whether this server may send back what it gets. Pure.
import type { RunSink } from '../../protocol/connection/run-exchange.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { LineParts } from '../link/outgoing-line.ts';
import type { Socket } from '../ports/ports.ts';
import { termsOf } from './connect-terms.ts';
import type { ConnectorOwner, ConnectorParts } from './connector-parts.ts';
import { areEchoesLookedFor } from './loop-risk.ts';
import type { RemoteServer } from './remote-server.ts';

/** Where a line goes, over which socket, and who hears of it. */
export interface LineWay {
  readonly server: RemoteServer;
  readonly socket: Socket;
  readonly owner: ConnectorOwner;
}

/** What a line to a server is made of. */
export function linePartsOf({ turn, options }: ConnectorParts, { server, socket, owner }: LineWay): LineParts {
  const runSink: RunSink = {
    runReceived: () => false,
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
