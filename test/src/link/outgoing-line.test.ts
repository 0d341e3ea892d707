// What a line to a server is looked at for: nothing that it owes or is owed passes unseen, and an idle one rests.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { Clock } from '../../../src/ports/ports.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

/** A bridge that is connected, to a remote that falls silent when it is told. */
async function start(more: { readonly keepAlive: number; readonly acknowledgeTimeoutMs: number }) {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world, { answerTimeoutMs: 10_000, ...more });
  await world.clock.advance(1000);
  t.match(bridge.status.link, { state: 'connected' });
  return { world, remote, bridge };
}

t.test('an idle line is looked at every few seconds, not more often', async (t) => {
  const { world, bridge } = await start({ keepAlive: 60, acknowledgeTimeoutMs: 20_000 });
  const clock: Clock = world.clock;
  let count = 0;
  const schedule = clock.schedule.bind(clock);
  clock.schedule = (delayMs, run) => {
    count++;
    return schedule(delayMs, run);
  };
  await world.clock.advance(3_600_000);
  t.match(bridge.status, { link: { state: 'connected' }, connects: 1 });
  t.ok(count < 1500, `${count} timers were set in an hour`);
  bridge.destroy();
});

t.test('what comes to be owed between two looks is missed in its time, whenever that is', async (t) => {
  for (const waitMs of [0, 90, 1300, 4950, 7010]) {
    const { world, remote, bridge } = await start({ keepAlive: 3600, acknowledgeTimeoutMs: 5000 });
    await world.clock.advance(waitMs);
    remote.isAnswering = false;
    publishLocally(world, 'up/x', 'unanswered', 1);
    await world.clock.advance(4990);
    t.match(bridge.status, { link: { state: 'connected' }, connects: 1 }, `after ${waitMs} ms: not early`);
    await world.clock.advance(150);
    t.match(bridge.status, { remotes: [{ failures: 1, error: /nothing was acknowledged for 5000 ms/ }] }, 'nor late');
    bridge.destroy();
  }
});
