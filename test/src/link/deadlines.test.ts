// The one timer of all connections: deadlines are seen in time, whatever moves, comes and goes.
import fc from 'fast-check';
import t from 'tap';
import { Deadlines, type Watched } from '../../../src/link/deadlines.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';

class One implements Watched {
  slot = 0;
  slotPlace = 0;
  deadline = Number.POSITIVE_INFINITY;
  readonly seen: number[] = [];
  /** What else happens when it is seen. */
  also: (() => void) | undefined;

  nextDeadline(): number {
    return this.deadline;
  }

  tick(now: number): void {
    this.seen.push(now - this.deadline);
    this.deadline = Number.POSITIVE_INFINITY;
    this.also?.();
  }
}

const never = Number.POSITIVE_INFINITY;
const index = fc.nat({ max: 4 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), index, ms: fc.constantFrom(0, 0.5, 1, 99, 100, 101, 250, 60_000) }),
  fc.record({ kind: fc.constant('move' as const), index, ms: fc.constantFrom(0, 40, 300) }),
  fc.record({ kind: fc.constant('leave' as const), index, ms: fc.constant(0) }),
  fc.record({ kind: fc.constant('wait' as const), index, ms: fc.constantFrom(0.3, 1, 50, 100, 1000, 70_000) }),
);

t.test('a deadline is never seen early, and a tenth of a second late at most, once', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (all) => {
      const clock = new VirtualClock();
      const deadlines = new Deadlines(clock);
      const ones = Array.from({ length: 5 }, () => new One());
      for (const { kind, index: at, ms } of all) {
        const one = ones[at] ?? new One();
        if (kind === 'set') {
          one.deadline = clock.now() + ms;
          deadlines.watch(one);
        } else if (kind === 'move') {
          // a later deadline need not be told
          if (one.deadline !== never) one.deadline += ms;
        } else if (kind === 'leave') {
          one.deadline = never;
          deadlines.unwatch(one);
        } else {
          await clock.advance(ms);
        }
        for (const { deadline, seen } of ones) {
          if (seen.some((late) => late < 0 || late > 101)) throw new Error(`seen ${seen.join()} ms late`);
          if (deadline + 101 < clock.now()) throw new Error(`not seen ${clock.now() - deadline} ms after`);
        }
        if (ones.every(({ deadline }) => deadline === never) && clock.timerCount > 0) {
          await clock.advance(60_400);
          if (clock.timerCount > 0) throw new Error('a timer runs for nobody');
        }
        if (clock.timerCount > 1) throw new Error(`${clock.timerCount} timers`);
      }
    }),
    { numRuns: 500 },
  );
  t.pass('500 histories');
});

t.test('who is seen may take others away, and watch itself again', async (t) => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const [first, second, third] = [new One(), new One(), new One()];
  for (const one of [first, second, third]) {
    one.deadline = clock.now() + 50;
    deadlines.watch(one);
  }
  first.also = () => {
    second.deadline = never;
    deadlines.unwatch(second);
    first.deadline = clock.now() + 150;
  };
  await clock.advance(100);
  t.same([first.seen.length, second.seen.length, third.seen.length], [1, 0, 1]);
  first.also = undefined;
  await clock.advance(300);
  t.equal(first.seen.length, 2);
  t.equal(clock.timerCount, 0);
});

t.test('a thousand connections have one timer', async (t) => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const ones = Array.from({ length: 1000 }, () => new One());
  for (const [at, one] of ones.entries()) {
    one.deadline = clock.now() + 1000 + at;
    deadlines.watch(one);
  }
  t.equal(clock.timerCount, 1);
  await clock.advance(2200);
  t.ok(ones.every(({ seen }) => seen.length === 1));
  t.equal(clock.timerCount, 0);
});
