// LaneOptions: what a lane is told that is not the first: a client id of its own at each
// server, which is the same at every start, and neither will nor notifications, which the
// first lane has for the whole bridge.
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { BridgeOptions, RemoteOptions } from './bridge-options.ts';

/** The longest client id of MQTT 3.1 [MQTT3-3.1.3-5]. */
const oldClientIdMax = 23;

/** The client id of a lane, from 1: that of the bridge, then `ID-2`, `ID-3`; in 3.1 cut so that it is not too long. */
export function laneClientIdOf(clientId: string, lane: number, version: ProtocolVersion): string {
  if (lane === 1 || clientId === '') return clientId;
  const end = `-${lane}`;
  const isCut = version === ProtocolVersion.v31 && clientId.length + end.length > oldClientIdMax;
  return `${isCut ? clientId.slice(0, oldClientIdMax - end.length) : clientId}${end}`;
}

/** The options of a lane, from 1. */
export function laneOptionsOf(options: BridgeOptions, lane: number): BridgeOptions {
  if (lane === 1) return options;
  const { will: _will, notificationTopic: _topic, ...rest } = options;
  const { clientId, version } = options;
  const own = (remote: RemoteOptions): RemoteOptions =>
    remote.clientId === undefined ? remote : { ...remote, clientId: laneClientIdOf(remote.clientId, lane, version) };
  return {
    ...rest,
    clientId: laneClientIdOf(clientId, lane, version),
    remote: own(options.remote),
    backups: options.backups.map(own),
    isNotifying: false,
  };
}
