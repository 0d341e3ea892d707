// ConnectTerms: how a bridge connects to one of its servers:
// the CONNECT that this server gets, in the version that it
// speaks, and the deadlines. Pure.
import type { ClientAuthentication } from '../../protocol/connection/client-authentication.ts';
import type { ClientTerms } from '../../protocol/connection/client-terms.ts';
import { packetSizeMax } from '../../protocol/connection/limits.ts';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnectPacket } from '../../protocol/wire/packets.ts';
import { noProperties, type Properties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { willOf } from './notifications.ts';
import type { RemoteServer } from './remote-server.ts';
import type { ServerSecrets } from './server-secrets.ts';

/** A method of enhanced authentication says who the bridge is, so CONNECT does not. */
const nobody: Pick<ServerSecrets, 'username' | 'password'> = { username: undefined, password: undefined };

/** The terms of a connection to a server; who sends runs adds `runSink`. */
export function termsOf(options: BridgeOptions, server: RemoteServer): ClientTerms {
  const isV5 = server.version === ProtocolVersion.v5;
  const authentication = isV5 ? server.authentication : undefined;
  return {
    connect: connectOf(options, server, authentication),
    hasState: server.hasState,
    answerTimeoutMs: options.answerTimeoutMs,
    acknowledgeTimeoutMs: options.acknowledgeTimeoutMs,
    ...(authentication === undefined ? {} : { authentication }),
    ...(isV5 ? {} : { qos2WindowMax: options.qos2WindowMax }),
  };
}

function connectOf(
  options: BridgeOptions,
  server: RemoteServer,
  authentication: ClientAuthentication | undefined,
): ConnectPacket {
  const { version } = server;
  const isV5 = version === ProtocolVersion.v5;
  const will = willOf(options);
  const { username, password } = authentication === undefined ? server.secrets : nobody;
  return {
    type: PacketType.connect,
    version,
    isBridge: server.isBridgeBitSet,
    clientId: server.clientId,
    cleanStart: options.cleanStart || server.isCleanDue,
    keepAlive: options.keepAlive,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: bytesOfText(password) }),
    ...(will === undefined ? {} : { will: isV5 ? will : { ...will, properties: noProperties } }),
    properties: isV5
      ? { ...limitsOf(options), ...(server.isSessionEnding ? { sessionExpiryInterval: 0 } : {}) }
      : noProperties,
  };
}

/** What the remote is told of the connection; without the packet size it would send what only breaks the line. */
function limitsOf({ properties, receiveMaximum, maximumPacketSize }: BridgeOptions): Properties {
  const size = maximumPacketSize < packetSizeMax ? { maximumPacketSize } : {};
  return { requestProblemInformation: true, ...size, ...properties, receiveMaximum };
}
