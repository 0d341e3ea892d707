// Records that pass their checksum and are not what they should be: whoever wrote them, they are told with file and
// offset, counted, put aside once, and cost nothing else.
import t, { type Test } from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { messageOf, QueueBench } from '../../kit/queue-bench.ts';
import { subscribeOf } from '../../kit/world.ts';

/** A queue with a record of two messages that holds none, and a message behind it. */
async function openWith(bench: QueueBench, body: Buffer): ReturnType<QueueBench['next']> {
  const opened = await bench.next();
  const stream = opened.journal.log('q');
  body.copy(stream.begin(2, body.length, 7), stream.at);
  stream.end(body.length);
  opened.queue.append(messageOf('behind'), 8);
  await bench.clock.advance(3000);
  return opened;
}

/** A form that nobody knows; a topic that ends behind the record; properties that do; no topic. */
const bodies = ['ffffff', '010000090000000061', '010000010000000961', '01000000000000000061'];

for (const hex of bodies) {
  t.test(`what passes its checksum and is no message is put aside once, and holds up nothing: ${hex}`, (t) =>
    isPutAside(t, Buffer.from(hex, 'hex')),
  );
}

async function isPutAside(t: Test, body: Buffer): Promise<void> {
  const bench = new QueueBench();
  const { journal, queue } = await openWith(bench, body);
  const seen = await queue.browse(1, 10);
  t.same(
    seen.map(({ message }) => message.payload.toString()),
    ['behind'],
  );
  t.equal(journal.status.quarantined, 0, 'a look changes nothing');
  t.same(await bench.readAll(queue), ['behind']);
  t.same(bench.dropped, ['1 of 7: damaged', '2 of 7: damaged']);
  t.equal(journal.status.quarantined, 1, 'one record');
  const [told, ...others] = bench.damage;
  t.same(others, []);
  t.match(told, { path: 'data/0000000001.seg', detail: /no message/ });
  const file = await bench.disk.open('data/0000000001.seg', 'read');
  const record = await file.read(told?.offset ?? 0, told?.length ?? 0);
  t.ok(record.includes(body), 'the place is that of the record');
  const aside = (await bench.disk.readText('data/quarantine.jsonl')).trimEnd().split('\n');
  t.equal(aside.length, 1);
  t.match(JSON.parse(aside[0] ?? ''), { offset: told?.offset, bytes: record.toString('base64') });
  const { queue: again, journal: next } = await bench.next();
  t.same(await bench.readAll(again), ['behind'], 'the next process reads it no more');
  t.equal(next.status.quarantined, 0);
  t.equal(bench.damage.length, 1);
}

t.test('a damaged record that cannot be put aside is told, and holds up nothing either', async (t) => {
  const bench = new QueueBench();
  const { queue } = await openWith(bench, Buffer.from('ffffff', 'hex'));
  bench.disk.replaceText = () => Promise.reject(new Error('no space left'));
  t.same(await bench.readAll(queue), ['behind']);
  t.same(bench.dropped, ['1 of 7: damaged', '2 of 7: damaged']);
  t.equal(bench.damage.length, 1);
  t.match(bench.troubles, [/cannot be put aside: no space left/]);
});

t.test('values that are none are put aside and deleted, whatever they were to be', async (t) => {
  const kw = new KeptWorld();
  const { journal } = await kw.start({ bridge: {} });
  const strange = Buffer.from('\0\0\0\x02{}');
  const names = ['retained', 'wills', 'sessions', 'subscriptions', 'bridge/cloud:dead-letters'];
  for (const name of names) journal.keyed(name).put(name === 'subscriptions' ? 'who\0a/#' : '7', strange.subarray(1));
  journal.keyed('bridge/cloud:dead-letters').put('8', strange);
  await kw.world.clock.advance(3000);
  const { journal: again, bridge, router } = await kw.start({ bridge: {} });
  await kw.world.clock.advance(1000);
  t.equal(again.status.quarantined, names.length + 1);
  for (const name of names) t.equal(again.keyed(name).size, 0, name);
  t.equal(bridge?.status.deadLetters.count, 0);
  t.equal(router.retained.get('7'), undefined);
  const device = await kw.world.dial(ProtocolVersion.v5);
  await device.connect('device');
  device.send(subscribeOf(1, 0, '#'));
  t.match(await device.received(), [{ type: PacketType.suback }], 'and everything goes on');
  const { journal: third } = await kw.start({ bridge: {} });
  await kw.world.clock.advance(1000);
  t.equal(third.status.quarantined, 0, 'once');
});
