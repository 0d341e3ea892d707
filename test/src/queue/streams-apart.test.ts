// Many queues in one journal: each has its own limits, and what one of them holds is not the others' matter.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Storage } from '../../../src/queue/storage.ts';
import { StoredQueue } from '../../../src/queue/stored-queue.ts';
import { Chance } from '../../kit/chance.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

const origin = new Origin('device', 'd');

t.test(
  'a queue that is flooded gives way to itself alone, and its neighbours are stored and read as ever',
  async (t) => {
    const clock = new VirtualClock();
    const disk = new FaultyDisk(new Chance(1));
    const settings = { directory: 'data', reserveBytes: 0, segmentBytes: 65_536, bytesMax: 1_000_000 };
    const journal = await Journal.open({ clock, disk, random: new SeededRandom(5) }, settings);
    const storage = new Storage(journal, clock);
    const dropped: string[] = [];
    const open = (name: string): StoredQueue<number> =>
      new StoredQueue<number>({
        storage,
        name,
        limits: { countMax: 100_000, bytesMax: 100_000, overflow: 'oldest' },
        durabilityOf: () => 'synced',
        budget: undefined,
        form: { keyOf: (tag) => tag, numbersOf: () => [], tagOf: (key) => key },
        origin,
        dropped: (_sequence, _tag, reason) => void dropped.push(`${name}: ${reason}`),
        readable: () => undefined,
      });
    const [flooded, quiet] = [open('flooded'), open('quiet')];
    const messageOf = (text: string): Message =>
      new Message({ topic: 'a', payload: bytesOfText(text), qos: 1, retain: false, origin });
    quiet.append(messageOf('first'), 1);
    for (let round = 0; round < 40; round++) {
      for (let index = 0; index < 100; index++) flooded.append(messageOf('x'.repeat(1000)), 1);
      await clock.advance(200);
    }
    quiet.append(messageOf('last'), 1);
    await clock.advance(1000);
    t.ok(dropped.length > 3800 && dropped.every((one) => one === 'flooded: queue-full'));
    t.ok(flooded.byteLength <= 100_000);
    t.equal(journal.isAccepting, true, 'four megabytes went through a journal of one');
    t.ok(journal.status.bytes <= 1_000_000);
    t.same(
      [quiet.next(), quiet.next()].map((entry) => entry?.message.payload.toString()),
      ['first', 'last'],
    );
  },
);
