// LaneOptions: what a lane is told that is not the first: a client id of its own at each
// server, which is the same at every start, and neither will nor notifications, which the
// first lane has for the whole bridge.
import { laneClientIdOf } from '../base/lane-client-id.ts';
import type { BridgeOptions, RemoteOptions } from './bridge-options.ts';

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
