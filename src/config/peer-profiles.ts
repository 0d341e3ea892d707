// PeerProfiles: what well-known remotes do not take, by the name of their host. Data, so that a limit that changes is
// one line; what a remote states itself in CONNACK counts more than this, and is obeyed at run time.
// Sources: the public documentation of each service, read in 2026.

/** The limits of a kind of remote. */
export interface PeerProfile {
  readonly name: string;
  /** Which hosts are of this kind. */
  readonly host: RegExp;
  readonly qosMax: 0 | 1 | 2;
  /** Slashes in a topic; absent: no limit. */
  readonly slashesMax?: number;
  /** Bytes of a topic. */
  readonly topicBytesMax?: number;
  /** Bytes of a packet. */
  readonly packetBytesMax?: number;
  readonly hasSharedSubscriptions: boolean;
  /** Whether it takes the bridge bit of 3.x. */
  readonly takesBridgeBit: boolean;
  /** Whether it only talks TLS. */
  readonly needsTls: boolean;
  /** Keep-alive in seconds. */
  readonly keepAliveSMin?: number;
  readonly keepAliveSMax?: number;
  /** Connections of all clients together; absent: not known, or as many as are paid for. */
  readonly connectionsMax?: number;
  /** Subscriptions of one connection. */
  readonly subscriptionsMax?: number;
  /** Whether a client id is that of a device that was made there: others get no connection. */
  readonly isClientIdGiven?: boolean;
}

const open = { qosMax: 2, hasSharedSubscriptions: true, takesBridgeBit: true, needsTls: false } as const;

/** The kinds that are known. */
export const peerProfiles: readonly PeerProfile[] = [
  {
    name: 'AWS IoT Core',
    host: /\.iot\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/,
    qosMax: 1,
    slashesMax: 7,
    topicBytesMax: 256,
    packetBytesMax: 146 * 1024,
    hasSharedSubscriptions: true,
    takesBridgeBit: false,
    needsTls: true,
    keepAliveSMin: 30,
    keepAliveSMax: 1200,
    subscriptionsMax: 50,
  },
  {
    name: 'Azure IoT Hub',
    host: /\.azure-devices\.(net|cn|us)$/,
    qosMax: 1,
    packetBytesMax: 256 * 1024,
    hasSharedSubscriptions: false,
    takesBridgeBit: false,
    needsTls: true,
    keepAliveSMax: 1767,
    isClientIdGiven: true,
  },
  {
    name: 'Azure Event Grid',
    host: /\.ts\.eventgrid\.azure\.net$/,
    qosMax: 1,
    slashesMax: 7,
    topicBytesMax: 256,
    packetBytesMax: 512 * 1024,
    hasSharedSubscriptions: true,
    takesBridgeBit: false,
    needsTls: true,
    keepAliveSMax: 1160,
  },
  { ...open, name: 'HiveMQ Cloud', host: /\.hivemq\.cloud$/, needsTls: true, packetBytesMax: 5 * 1024 * 1024 },
  {
    ...open,
    name: 'EMQX Serverless',
    host: /\.emqxsl\.(com|cn)$/,
    packetBytesMax: 1024 * 1024,
    needsTls: true,
    connectionsMax: 1000,
    subscriptionsMax: 10,
  },
  { ...open, name: 'EMQX Cloud', host: /\.emqxcloud\.(com|cn|io)$/, packetBytesMax: 1024 * 1024 },
];

/** The kind of a remote by its host; undefined for one that is not known. */
export function profileOf(host: string): PeerProfile | undefined {
  return peerProfiles.find((profile) => profile.host.test(host.toLowerCase()));
}
