// The queue: order, bounds, reading and reading again, against a list.
import fc from 'fast-check';
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { OverflowPolicy } from '../../../src/queue/overflow.ts';
import { Queue } from '../../../src/queue/queue.ts';

const origin = new Origin('device', 'd');

function message(text: string): Message {
  return new Message({ topic: 't', payload: bytesOfText(text), qos: 1, retain: false, origin });
}

function queueOf(
  countMax: number,
  overflow: OverflowPolicy,
  bytesMax = 1_000_000,
): { queue: Queue; dropped: string[] } {
  const dropped: string[] = [];
  const queue = new Queue({ countMax, bytesMax, overflow }, (entry, reason) =>
    dropped.push(`${entry.message.payload}:${reason}`),
  );
  return { queue, dropped };
}

function readAll(queue: Queue): string[] {
  const read: string[] = [];
  for (let entry = queue.next(); entry; entry = queue.next()) read.push(entry.message.payload.toString());
  return read;
}

t.test('what was read stays until it is acknowledged, and is read again after a rewind', async (t) => {
  const { queue } = queueOf(10, 'oldest');
  for (const text of ['1', '2', '3']) queue.append(message(text), 0);
  t.same(readAll(queue), ['1', '2', '3']);
  queue.acknowledge(2);
  t.equal(queue.acknowledge(2), undefined);
  queue.rewind();
  t.same(readAll(queue), ['1', '3']);
  t.equal(queue.depth, 2);
  t.equal(queue.oldestSequence, 1);
});

t.test('a full queue drops its oldest unread message, never one that was read', async (t) => {
  const { queue, dropped } = queueOf(2, 'oldest');
  queue.append(message('1'), 0);
  queue.append(message('2'), 0);
  queue.next();
  t.equal(queue.append(message('3'), 0), 3);
  t.same(dropped, ['2:queue-full']);
  queue.next();
  t.equal(queue.append(message('4'), 0), 0, 'all others are in flight');
  t.same(dropped, ['2:queue-full', '4:queue-full']);
});

t.test('a full queue with policy newest keeps what it has', async (t) => {
  const { queue, dropped } = queueOf(2, 'newest');
  for (const text of ['1', '2', '3']) queue.append(message(text), 0);
  t.same(dropped, ['3:queue-full']);
  t.same(readAll(queue), ['1', '2']);
});

t.test('a message bigger than the whole queue drops nothing but itself', async (t) => {
  const { queue, dropped } = queueOf(10, 'oldest', 10);
  queue.append(message('1'), 0);
  t.equal(queue.append(message('12345678901'), 0), 0);
  t.same(dropped, ['12345678901:queue-full']);
  t.equal(queue.depth, 1);
});

const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('append' as const), size: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('next' as const), size: fc.constant(0) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), size: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('readLast' as const), size: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rewind' as const), size: fc.constant(0) }) },
);

t.test(
  'for any use, the queue agrees with a list: in = acknowledged + dropped + queued, order kept, bounds kept',
  async () => {
    const policy = fc.constantFrom<OverflowPolicy>('oldest', 'newest');
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 80 }),
        policy,
        fc.integer({ min: 1, max: 6 }),
        (actions, overflow, max) => {
          let droppedCount = 0;
          const list: { sequence: number; size: number; isRead: boolean }[] = [];
          const bytesMax = 60;
          const queue = new Queue({ countMax: max, bytesMax, overflow }, (entry) => {
            droppedCount++;
            const index = list.findIndex((one) => one.sequence === entry.sequence);
            if (index >= 0) list.splice(index, 1);
          });
          let appended = 0;
          let acknowledged = 0;
          for (const { kind, size } of actions) {
            if (kind === 'append') {
              appended++;
              const sequence = queue.append(message('x'.repeat(size)), 0);
              if (sequence > 0) list.push({ sequence, size: size + 1, isRead: false });
            } else if (kind === 'next') {
              const expected = list.find((one) => !one.isRead);
              if (queue.next()?.sequence !== expected?.sequence) return false;
              if (expected) expected.isRead = true;
            } else if (kind === 'readLast') {
              const last = list.at(-1);
              const expected = last?.isRead === false ? last : undefined;
              if (queue.readLast()?.sequence !== expected?.sequence) return false;
              if (expected) expected.isRead = true;
            } else if (kind === 'acknowledge') {
              const index = list.findIndex((one) => one.sequence === size);
              if ((queue.acknowledge(size) !== undefined) !== index >= 0) return false;
              if (index >= 0) acknowledged++;
              if (index >= 0) list.splice(index, 1);
            } else {
              queue.rewind();
              for (const one of list) one.isRead = false;
            }
            const bytes = list.reduce((sum, one) => sum + one.size, 0);
            const unread = list.filter((one) => !one.isRead).length;
            if (queue.depth !== list.length || queue.byteLength !== bytes || queue.unreadCount !== unread) return false;
            if (queue.depth > max || queue.byteLength > bytesMax) return false;
            if (appended !== acknowledged + droppedCount + queue.depth) return false;
          }
          return true;
        },
      ),
      { numRuns: 300 },
    );
  },
);
