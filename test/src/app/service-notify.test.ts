// What systemd is told, and how often.
import t from 'tap';
import { ServiceNotify } from '../../../src/app/service-notify.ts';
import { World } from '../../kit/world.ts';

function start(environment: Record<string, string>, fails = false) {
  const world = new World();
  const said: string[] = [];
  const notify = new ServiceNotify({
    clock: world.clock,
    log: world.log,
    environment,
    run: async ({ command }) => {
      said.push(command.join(' '));
      if (fails) throw new Error('no such program');
      return '';
    },
  });
  return { world, said, notify };
}

t.test('systemd hears that the program is ready, a sign of life in each half of its time, and the end', async (t) => {
  const { world, said, notify } = start({ NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '20000000' });
  await notify.ready();
  await world.clock.advance(35_000);
  await notify.stopping();
  await world.clock.advance(60_000);
  t.same(said, [
    'systemd-notify READY=1',
    'systemd-notify WATCHDOG=1',
    'systemd-notify WATCHDOG=1',
    'systemd-notify WATCHDOG=1',
    'systemd-notify STOPPING=1',
  ]);
});

t.test('without a watchdog there are no signs of life; a program that is missing is told once', async (t) => {
  const { world, said, notify } = start({ NOTIFY_SOCKET: '/run/n' }, true);
  await notify.ready();
  await world.clock.advance(60_000);
  await notify.stopping();
  t.equal(said.length, 2);
  const told = world.log.lines.filter((line) => line.includes('systemd-notify'));
  t.match(told, [/no such program/]);
  t.equal(told.length, 1);
});
