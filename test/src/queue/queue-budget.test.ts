// The budget of many queues together: who gives way, by which policy, and what may not.
import t from 'tap';
import { bytesOf } from '../../../protocol/wire/bytes.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { OverflowPolicy } from '../../../src/queue/overflow.ts';
import { Queue } from '../../../src/queue/queue.ts';
import { QueueBudget } from '../../../src/queue/queue-budget.ts';

const origin = new Origin('device', 'd');

/** A message of 100 bytes. */
function hundred(mark: number): Message {
  return new Message({ topic: 't', payload: bytesOf(Buffer.alloc(99, mark)), qos: 1, retain: false, origin });
}

function marksOf(queue: Queue): (number | undefined)[] {
  const marks: (number | undefined)[] = [];
  for (let entry = queue.next(); entry; entry = queue.next()) marks.push(entry.message.payload[0]);
  return marks;
}

interface Some {
  readonly budget: QueueBudget;
  readonly queues: readonly Queue[];
  readonly dropped: string[];
}

function some(bytesMax: number, ...policies: readonly OverflowPolicy[]): Some {
  const budget = new QueueBudget(bytesMax);
  const dropped: string[] = [];
  const queues = policies.map((overflow, index) => {
    const limits = { countMax: 1000, bytesMax: 1_000_000, overflow };
    return new Queue(limits, ({ message }, reason) => dropped.push(`${index}:${message.payload[0]}:${reason}`), {
      budget,
    });
  });
  return { budget, queues, dropped };
}

function fill(queue: Queue | undefined, count: number): void {
  for (let mark = 1; mark <= count; mark++) queue?.append(hundred(mark), 0);
}

t.test('the largest gives way, by its own policy, whoever brings what is too much', async (t) => {
  for (const policy of ['oldest', 'newest'] as const) {
    const { budget, queues, dropped } = some(1000, policy, 'oldest');
    const [large, small] = queues;
    fill(large, 8);
    fill(small, 2);
    t.same(dropped, []);
    t.equal(small?.append(hundred(3), 0), 3);
    t.ok(budget.byteLength <= 1000);
    t.same(
      dropped,
      policy === 'oldest' ? ['0:1:memory-full', '0:2:memory-full'] : ['0:8:memory-full', '0:7:memory-full'],
    );
    t.same(small && marksOf(small), [1, 2, 3]);
  }
});

t.test('queues of one height give way together, and a newcomer may be the one', async (t) => {
  const { queues, dropped, budget } = some(900, 'oldest', 'oldest', 'newest');
  for (const queue of queues) fill(queue, 3);
  t.equal(queues[2]?.append(hundred(4), 0), 0, 'its own newest is what came');
  t.match(dropped, ['2:4:memory-full']);
  t.ok(budget.byteLength <= 900);
});

t.test('a queue that drops nothing keeps what it has, but QoS 0, and has no room until there is some', (t) => {
  const { queues, dropped, budget } = some(1000, 'block', 'oldest');
  const [blocking, other] = queues;
  fill(blocking, 6);
  fill(other, 4);
  t.ok(blocking?.hasRoomFor(hundred(7), 0), 'others make room for it');
  t.same(dropped, ['1:1:memory-full', '1:2:memory-full']);
  other?.clear('removed');
  fill(blocking, 3);
  t.equal(budget.byteLength, 900);
  const qos0 = new Message({ topic: 't', payload: bytesOf(Buffer.alloc(300, 9)), qos: 0, retain: false, origin });
  dropped.length = 0;
  t.equal(blocking?.append(qos0, 0), 0);
  t.same(dropped, ['0:9:memory-full'], 'QoS 0 waits for nobody');
  t.equal(blocking?.hasRoomFor(hundred(7), 0), true);
  fill(blocking, 1);
  t.equal(blocking?.hasRoomFor(hundred(7), 0), false, 'then publishers wait');
  t.equal(blocking?.depth, 10, 'and nothing was lost');
  t.end();
});

t.test('what is in flight never gives way: then it is what came, and the bound holds for the rest', async (t) => {
  const { queues, dropped, budget } = some(300, 'oldest', 'oldest');
  const [flying, other] = queues;
  fill(flying, 3);
  t.same(flying && marksOf(flying), [1, 2, 3]);
  for (let mark = 1; mark <= 5000; mark++) other?.append(hundred(mark % 100), 0);
  t.equal(dropped.length, 5000);
  t.equal(budget.byteLength, 300);
  for (const sequence of [1, 2, 3]) flying?.acknowledge(sequence);
  t.equal(budget.byteLength, 0);
  t.ok((other?.append(hundred(7), 0) ?? 0) > 0, 'there is room again');
  other?.clear('session-ended');
  t.equal(budget.byteLength, 0);
});

t.test('a message that gives way itself was not taken: that is told once, as of none of the queue', async (t) => {
  const sequences: number[] = [];
  const budget = new QueueBudget(250);
  const limits = { countMax: 1000, bytesMax: 1_000_000, overflow: 'newest' as const };
  const queue = new Queue(limits, ({ sequence }) => void sequences.push(sequence), { budget });
  fill(queue, 2);
  t.equal(queue.append(hundred(3), 0), 0);
  t.same(sequences, [0]);
  t.equal(queue.depth, 2);
});
