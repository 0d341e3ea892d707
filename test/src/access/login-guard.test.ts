// Whoever guesses waits longer and longer; the others do not; and
// what is remembered of addresses is bounded.
// At a broker, the answer is what waits.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { ConnectPacket } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { accessDefaults } from '../../../src/access/access-options.ts';
import { LoginGuard } from '../../../src/access/login-guard.ts';
import { World } from '../../kit/world.ts';

t.test('a wait doubles with each failure, up to a bound, and ends with time', async (t) => {
  const guard = new LoginGuard({ freeCount: 2, delayMsMin: 100, delayMsMax: 500, memoryMs: 1000, addressesMax: 2 });
  const delays = [];
  for (let count = 0; count < 6; count++) {
    delays.push(guard.delayOf('a', 0));
    guard.failed('a', 0);
  }
  t.same(delays, [0, 0, 100, 200, 400, 500]);
  t.equal(guard.delayOf('b', 0), 0, 'another address');
  t.equal(guard.delayOf('a', 1000), 0, 'forgotten');
  for (const address of ['x', 'y', 'z']) guard.failed(address, 0);
  t.equal(guard.size, 2);
});

t.test('what is no guess costs nobody anything, and who shows nothing never waits', async (t) => {
  const world = new World();
  const users = [{ username: 'u', password: 'right' }];
  const broker = await world.openBroker({ access: { ...accessDefaults, isAnonymousAllowed: false, users } });
  const login = async (more: Partial<ConnectPacket>) => {
    const peer = await world.dial(ProtocolVersion.v5);
    const [packet] = await peer.connect('c', more);
    return packet !== undefined && 'reasonCode' in packet ? packet.reasonCode : undefined;
  };
  for (let count = 0; count < 10; count++) {
    t.equal(await login({}), ReasonCode.notAuthorized);
    t.equal(await login({ properties: { authenticationMethod: 'odd' } }), ReasonCode.badAuthenticationMethod);
  }
  t.equal(await login({ username: 'u', password: bytesOfText('right') }), ReasonCode.success);
  for (let count = 0; count < 6; count++) await login({ username: 'u', password: bytesOfText('wrong') });
  t.equal(await login({}), ReasonCode.notAuthorized, 'at once');
  t.match(broker.status.refusedLogins, { anonymous: 11, 'unknown-method': 10 });
});

t.test('the sixth wrong password is answered late, and so is the right one after it', async (t) => {
  const world = new World();
  const users = [{ username: 'u', password: 'right' }];
  await world.openBroker({ access: { ...accessDefaults, isAnonymousAllowed: false, users } });
  const login = async (password: string) => {
    const peer = await world.dial(ProtocolVersion.v5);
    return { peer, packets: await peer.connect('c', { username: 'u', password: bytesOfText(password) }) };
  };
  for (let count = 0; count < 5; count++) {
    t.match((await login('wrong')).packets, [{ reasonCode: ReasonCode.badUserNameOrPassword }]);
  }
  const { peer, packets } = await login('right');
  t.same(packets, []);
  await world.clock.advance(250);
  t.match(await peer.received(), [{ reasonCode: ReasonCode.success }]);
});
