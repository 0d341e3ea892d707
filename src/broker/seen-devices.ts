// SeenDevices: devices and sessions as those see them who look after the broker: pages, the API, the command line.
// They are gathered when somebody asks, one session at a time, and cost nothing before.
// Bounded by the sessions; whoever asks takes as many as they want.
import type { AcceptedDevice } from './accepted-device.ts';
import { DeviceConnection } from './device-connection.ts';
import type { DeviceSession } from './device-session.ts';
import type { Door } from './doors.ts';

/** A device that is connected, and how it came. */
export interface SeenConnection extends Pick<AcceptedDevice, 'connect' | 'identity' | 'acceptedAt'> {
  readonly listener: string;
  readonly isEncrypted: boolean;
  readonly messagesReceived: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** One session, and its device's connection if it is there. */
export interface SeenDevice {
  readonly session: DeviceSession;
  readonly connection: SeenConnection | undefined;
}

type Connections = ReadonlyMap<DeviceConnection, Door>;

/** Sessions, each with its connection. */
export function* seenDevices(
  sessions: Iterable<DeviceSession>,
  connections: Connections,
): Generator<SeenDevice, void, void> {
  for (const session of sessions) yield { session, connection: connectionOf(session, connections) };
}

function connectionOf({ line }: DeviceSession, connections: Connections): SeenConnection | undefined {
  if (!(line instanceof DeviceConnection)) return undefined;
  const { device, messagesReceived, bytesReceived, bytesSent } = line;
  const door = connections.get(line);
  if (device === undefined || door === undefined) return undefined;
  const { connect, identity, acceptedAt } = device;
  const { name, tls } = door.options;
  const way = { listener: name, isEncrypted: tls !== undefined };
  return { connect, identity, acceptedAt, ...way, messagesReceived, bytesReceived, bytesSent };
}
