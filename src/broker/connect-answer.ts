// ConnectAnswer of a broker: what it grants a device that it lets in. The session is kept
// as long as the device wishes and the broker allows; 3.x wishes with its clean flag. Pure,
// and bounded by the options.
import type { ConnectAnswer } from '../../protocol/connection/server-terms.ts';
import type { ConnectPacket } from '../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { BrokerOptions } from './broker-options.ts';

/** Where the client id goes in what devices are told about topics for responses. */
const clientIdPlace = '$' + '{clientid}';

/** How long the device wishes its session to be kept without a connection, in seconds; 4294967295: for ever. */
export function sessionExpiryOf(connect: ConnectPacket): number {
  if (connect.version === ProtocolVersion.v5) return connect.properties.sessionExpiryInterval ?? 0;
  return connect.cleanStart ? 0 : 0xffffffff;
}

/** The answer to a CONNECT; `assigned` is the client id that a device got which sent none. */
export function connectAnswer(
  connect: ConnectPacket,
  sessionPresent: boolean,
  assigned: string | undefined,
  options: BrokerOptions,
): ConnectAnswer {
  const wanted = sessionExpiryOf(connect);
  const granted = Math.min(wanted, options.sessionExpiryMax);
  const { responseInformation: form } = options;
  const responseInformation = form.replaceAll(clientIdPlace, assigned ?? connect.clientId);
  return {
    sessionPresent,
    ...(form === '' ? {} : { responseInformation }),
    ...(assigned === undefined ? {} : { assignedClientId: assigned }),
    ...(granted < wanted ? { sessionExpiryInterval: granted } : {}),
  };
}
