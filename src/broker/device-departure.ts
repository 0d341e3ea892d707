// DeviceDeparture: what becomes of an accepted device whose connection is over. Its session is kept for as long as was
// agreed, or ends; its will is published, if one is due and the rules allow it, which others may have to be asked;
// log and listeners are told, loudly when something went wrong. It happens once for each device that was accepted.
import type { ConnectionEnd } from '../../protocol/connection/exchange.ts';
import { isFailure, reasonName } from '../../protocol/wire/reason-code.ts';
import type { AcceptedDevice } from './accepted-device.ts';
import { whenAllowed } from './access-memory.ts';
import type { BrokerRooms } from './broker-rooms.ts';
import { sessionExpiryOf } from './connect-answer.ts';

/** The device leaves. `askedExpiry`: in seconds, what its DISCONNECT said of its session; undefined for nothing. */
export function leaveBroker(
  rooms: BrokerRooms,
  accepted: AcceptedDevice,
  end: ConnectionEnd,
  askedExpiry: number | undefined,
): void {
  const { options, ports, sessions, wills } = rooms;
  const { session, connect, identity } = accepted;
  const now = ports.clock.now();
  const expiry = Math.min(askedExpiry ?? sessionExpiryOf(connect), options.sessionExpiryMax);
  session.detach();
  sessions.keep(session, expiry, now);
  tellGone(rooms, identity.clientId, end);
  const { will } = connect; // [MQTT-3.1.2-7] kept with the connection, which ends with or before the session
  if (!end.isWillDue || will === undefined) return; // [MQTT3-3.1.2-12] no will, no message
  whenAllowed(accepted.mayPublish(will.topic), () => wills.fire(identity.clientId, will, expiry, now));
}

/** Loudly when something went wrong. */
function tellGone({ log, onDevice }: BrokerRooms, clientId: string, end: ConnectionEnd): void {
  const facts = { clientId, reason: reasonName(end.reasonCode), blame: end.blame };
  if (isFailure(end.reasonCode)) log.info({ ...facts, statement: end.statement }, `device gone: ${end.detail}`);
  else log.debug(facts, 'device gone');
  onDevice?.('disconnected', clientId);
}
