// Why a bridge is not connected: each cause is told by its kind and with what to do about it, and says how soon trying
// again makes sense; a connection counts as one only when it has lasted.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { LinkError } from '../../../src/base/errors.ts';
import { Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const backoff = { delayMsMin: 100, delayMsMax: 60_000, stableMs: 10_000 };
const settings = {
  name: 'plant7',
  clientId: 'plant7',
  remote: { host: '127.0.0.1', port: 9000 },
  forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
  backoff,
};

/** A bridge whose dials fail, or whose remote says a word in CONNACK or, once it is connected, in DISCONNECT. */
async function troubled(what: { dial?: LinkError; connack?: ReasonCode; disconnect?: ReasonCode }) {
  const world = new World();
  const remote = new Remote();
  remote.reasonCode = what.connack ?? 0;
  await remote.open(world, v5);
  const { net } = world;
  const dial: typeof net.dial = (options) => (what.dial ? Promise.reject(what.dial) : net.dial(options));
  const failing = { dial, listen: net.listen.bind(net), lookupService: net.lookupService.bind(net) };
  const ports = { ...world.ports, net: Object.assign(Object.create(net), failing) };
  const bridge = world.openBridge(settings, { ports });
  await world.clock.advance(20);
  const { disconnect: reasonCode } = what;
  if (reasonCode !== undefined) remote.peer.send({ type: PacketType.disconnect, reasonCode, properties: {} });
  await world.clock.settle();
  const tries = (): number => bridge.status.remotes[0]?.tries ?? 0;
  return { world, remote, bridge, tries };
}

for (const [kind, what, leastMs, remedy] of [
  ['lookup', { dial: new LinkError('lookup', 'the name cannot be resolved') }, 0, /check the name in server/],
  ['connect', { dial: new LinkError('connect', 'nobody listens') }, 0, undefined],
  ['tls', { dial: new LinkError('tls', 'certificate has expired') }, 10_000, /check ssl: authorities/],
  ['upgrade', { dial: new LinkError('upgrade', 'no WebSocket') }, 5000, undefined],
  ['credentials', { connack: ReasonCode.badUserNameOrPassword }, 30_000, /check username and password/],
  ['client-id', { connack: ReasonCode.clientIdentifierNotValid }, 30_000, /another clientid/],
  ['quota', { connack: ReasonCode.quotaExceeded }, 15_000, undefined],
  ['busy', { connack: ReasonCode.serverBusy }, 3000, undefined],
  [
    'taken-over',
    { disconnect: ReasonCode.sessionTakenOver },
    20_000,
    /another client seems to use the client id plant7/,
  ],
  ['administrative', { disconnect: ReasonCode.administrativeAction }, 30_000, /somebody at the remote/],
] as const) {
  t.test(`${kind}: it is told so, and tried again after ${leastMs} ms, not before`, async (t) => {
    const { world, bridge, tries } = await troubled(what);
    t.match(bridge.status.link, { state: 'waiting', kind, ...(remedy === undefined ? {} : { remedy }) });
    if (leastMs > 0) {
      // jitter takes off a half at most
      await world.clock.advance(leastMs / 2 - 100);
      t.equal(tries(), 1);
    }
    await world.clock.advance(leastMs + 3000);
    t.ok(tries() >= 2, `${tries()} tries`);
    bridge.destroy();
  });
}

t.test('a connection that did not last is none: the back-off goes on from where it was', async (t) => {
  const { world, remote, bridge } = await troubled({});
  /** Ends a connection that was up for so long. Returns how long the bridge waits then, in ms. */
  const cut = async (afterMs: number): Promise<number> => {
    for (let ms = 0; bridge.status.link.state !== 'connected' && ms < 120_000; ms += 100)
      await world.clock.advance(100);
    await world.clock.advance(afterMs);
    const reasonCode = ReasonCode.keepAliveTimeout;
    remote.peer.send({ type: PacketType.disconnect, reasonCode, properties: {} });
    await world.clock.settle();
    const { link } = bridge.status;
    return link.state === 'waiting' ? link.retryAt - link.since : 0;
  };
  const delays: number[] = [];
  for (let round = 0; round < 25; round++) delays.push(await cut(1000));
  t.ok(
    Math.max(...delays) > 20_000 && Math.max(...delays) <= 60_000,
    `patient, within its bound: ${delays.map(Math.round)}`,
  );
  const after = await cut(11_000);
  t.ok(after > 0 && after <= 400, `${after} ms: after one that has lasted it begins anew`);
  bridge.destroy();
});
