// ConnectPacket of a client: its options as the first packet of a connection, and the last. It
// decides nothing: whether a session is to start clean is the word of the client, which
// knows what went before.
import type { ClientAuthentication } from '../../protocol/connection/client-authentication.ts';
import { bytesOf, bytesOfText, textOfBytes } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnectPacket } from '../../protocol/wire/packets.ts';
import { noProperties, type Properties } from '../../protocol/wire/properties.ts';
import { writeProperties } from '../../protocol/wire/property-block.ts';
import { PropertyPlace } from '../../protocol/wire/property-names.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { messageOf, UsageError } from '../base/errors.ts';
import type { Random } from '../ports/ports.ts';
import { clientAuthenticationOf } from '../secrets/scram-client.ts';
import type { ClientOptions, CloseOptions } from './client-options.ts';

const nobody: Pick<ClientOptions, 'username' | 'password'> = {};

/** The CONNECT of a client. Properties are left out in 3.x, which has none. */
export function connectPacketOf(clientId: string, options: ClientOptions, cleanStart: boolean): ConnectPacket {
  const { version, keepAlive, will, receiveMaximum, maximumPacketSize } = options;
  const isV5 = version === ProtocolVersion.v5;
  const { sessionExpiryInterval } = options;
  const requestProblemInformation = true; // reasons are worth a few bytes
  // what SCRAM proves is not sent
  const { username, password } = isV5 && options.authentication === 'scram-sha-256' ? nobody : options;
  return {
    type: PacketType.connect,
    version,
    isBridge: false,
    clientId,
    cleanStart,
    keepAlive,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined
      ? {}
      : { password: typeof password === 'string' ? bytesOfText(password) : bytesOf(password) }),
    ...(will === undefined
      ? {}
      : {
          will: {
            topic: will.topic,
            payload: typeof will.payload === 'string' ? bytesOfText(will.payload) : bytesOf(will.payload),
            qos: will.qos ?? 0,
            retain: will.retain ?? false,
            properties: isV5 ? (will.properties ?? noProperties) : noProperties,
          },
        }),
    properties: isV5
      ? { requestProblemInformation, receiveMaximum, maximumPacketSize, sessionExpiryInterval, ...options.properties }
      : noProperties,
  };
}

/** How a client proves who it is beyond what CONNECT says of it; undefined in 3.x, which has no way to. */
export function authenticationOf(options: ClientOptions, random: Random): ClientAuthentication | undefined {
  const { version, authentication, username, password } = options;
  if (version !== ProtocolVersion.v5) return undefined;
  const text = typeof password === 'object' ? textOfBytes(bytesOf(password)) : password;
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(text === undefined ? {} : { password: text }),
  };
  return clientAuthenticationOf(authentication, credentials, random);
}

/** The properties of the DISCONNECT of a client. Throws UsageError for those that it cannot have. */
export function disconnectProperties(closing: CloseOptions, options: ClientOptions): Properties {
  if (options.version !== ProtocolVersion.v5) return noProperties;
  const { sessionExpiryInterval, userProperties, reasonString } = closing;
  const before = options.properties.sessionExpiryInterval ?? options.sessionExpiryInterval;
  if (before === 0 && sessionExpiryInterval !== undefined && sessionExpiryInterval > 0) {
    throw new UsageError('PROPERTIES', 'a session that was to end with its connection cannot be kept at its end');
  }
  const properties = {
    ...(sessionExpiryInterval === undefined ? {} : { sessionExpiryInterval }),
    ...(userProperties === undefined ? {} : { userProperties }),
    ...(reasonString === undefined ? {} : { reasonString }),
  };
  checkProperties(properties, PropertyPlace.disconnect);
  return properties;
}

/** Throws UsageError for properties that a packet cannot have. */
export function checkProperties(properties: Properties, place: PropertyPlace): void {
  try {
    writeProperties(properties, place);
  } catch (error) {
    throw new UsageError('PROPERTIES', messageOf(error), { cause: error });
  }
}
