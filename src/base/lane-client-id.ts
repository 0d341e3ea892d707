// LaneClientId: the client ids of the connections that one bridge has side by side. They follow
// from that of the bridge, so they are the same at every start, and whoever reads a configuration
// knows them. Pure.
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';

/** The longest client id of MQTT 3.1 [MQTT3-3.1.3-5]. */
const oldClientIdMax = 23;

/** The client id of a lane, from 1: that of the bridge, then `ID-2`, `ID-3`; in 3.1 cut so that it is not too long. */
export function laneClientIdOf(clientId: string, lane: number, version: ProtocolVersion): string {
  if (lane === 1 || clientId === '') return clientId;
  const end = `-${lane}`;
  const isCut = version === ProtocolVersion.v31 && clientId.length + end.length > oldClientIdMax;
  return `${isCut ? clientId.slice(0, oldClientIdMax - end.length) : clientId}${end}`;
}
