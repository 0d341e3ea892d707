// When the memory that starting took is given back.
import t from 'tap';
import { QuietReturn } from '../../../src/app/quiet-return.ts';
import { World } from '../../kit/world.ts';

function start() {
  const { clock } = new World();
  const used = { ms: 0 };
  const returned: number[] = [];
  const returning = new QuietReturn({ clock, cpuMs: () => used.ms, giveBack: () => returned.push(clock.now()) });
  const startedAt = clock.now();
  /** Lets seconds go by in each of which the process uses so much CPU. */
  const pass = async (seconds: number, cpuMs: number): Promise<void> => {
    for (let count = 0; count < seconds; count++) {
      used.ms += cpuMs;
      await clock.advance(1000);
    }
  };
  const seconds = (): number[] => returned.map((at) => (at - startedAt) / 1000);
  return { returning, pass, seconds };
}

t.test('memory is given back a second after the start, once, where nothing goes on', async (t) => {
  const { pass, seconds } = start();
  await pass(300, 5);
  t.same(seconds(), [1]);
});

t.test('memory is not given back while messages flow, but in the first second in which they do not', async (t) => {
  const { pass, seconds } = start();
  await pass(20, 6);
  t.same(seconds(), []);
  await pass(2, 0);
  t.same(seconds(), [21]);
});

t.test('a process that is busy for more than a minute is looked at once a minute', async (t) => {
  const { pass, seconds } = start();
  await pass(70, 500);
  await pass(50, 0);
  t.same(seconds(), [], 'ten busy seconds were in that minute');
  await pass(60, 0);
  t.same(seconds(), [180]);
});

t.test('memory is not given back after the end', async (t) => {
  const { returning, pass, seconds } = start();
  returning.cancel();
  await pass(5, 0);
  t.same(seconds(), []);
});
