// The live feed: what happens, as it happens, and where it goes on after a break.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { EventStream } from '../../../src/http/event-stream.ts';
import { LiveFeed } from '../../../src/http/live-feed.ts';
import { WebKit } from '../../kit/web.ts';

t.test('status comes each second, devices and log lines when they happen', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  const live = await kit.call('GET /api/v1/live');
  t.match(live, { status: 200, headers: { 'content-type': 'text/event-stream' } });
  await kit.world.clock.advance(2100);
  t.equal(live.taken().match(/^event: status$/gm)?.length, 2);
  const peer = await kit.world.dial(ProtocolVersion.v311);
  await peer.connect('sensor-1');
  t.match(live.taken(), /id: \d+\nevent: client\ndata: \{"at":\d+,"event":"connected","clientId":"sensor-1"\}/);
  kit.app.log.warn({ bridge: 'x' }, 'something');
  t.match(live.taken(), /event: log\ndata: .*"something"/);
  live.leave();
  kit.app.log.warn({}, 'something else');
  t.equal(live.taken(), '');
  await kit.close();
});

t.test('whoever comes back hears what it missed, and how much of it is lost', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  const first = await kit.call('GET /api/v1/live?kinds=log');
  kit.app.log.warn({}, 'one');
  const id = /id: (\d+)/.exec(first.taken())?.[1] ?? '';
  first.leave();
  for (let count = 2; count <= 4; count++) kit.app.log.warn({}, `line ${count}`);
  const second = await kit.call('GET /api/v1/live?kinds=log', undefined, { 'last-event-id': id });
  t.same(second.taken().match(/line \d+/g), ['line 2', 'line 3', 'line 4']);
  const paged = await kit.call(`GET /api/v1/live?kinds=log&lastEventId=${id}`);
  t.same(paged.taken().match(/line \d+/g), ['line 2', 'line 3', 'line 4'], 'as pages ask, which set no header');
  paged.leave();
  for (let count = 0; count < 600; count++) kit.app.log.warn({}, `more ${count}`);
  const third = await kit.call('GET /api/v1/live?kinds=log', undefined, { 'last-event-id': id });
  const text = third.taken();
  t.match(text, /event: skipped\ndata: \{"count":103\}/);
  t.equal(text.match(/event: log/g)?.length, 500);
  await kit.close();
});

t.test('a receiver is sent away when its login ends', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  const live = await kit.call('GET /api/v1/live');
  await kit.call('POST /api/v1/logout');
  await kit.world.clock.advance(1100);
  t.equal(live.isEnded(), true);
  await kit.close();
});

t.test('lines of the log come by level and text, a page at a time, and as a file', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  for (let count = 0; count < 10; count++) kit.app.log.error({ count }, 'a disk is full');
  const found = await kit.call('GET /api/v1/logs?level=error&text=disk&limit=3');
  t.match(found.body, { lines: [{ fields: { count: 7 } }, {}, { message: 'a disk is full', fields: { count: 9 } }] });
  const file = await kit.call('GET /api/v1/logs/download?level=error');
  t.match(file.headers, { 'content-disposition': /attachment/ });
  t.equal(file.text.trim().split('\n').length, 10);
  await kit.world.clock.advance(21_000);
  t.match((await kit.call('GET /api/v1/metrics/history')).body, { intervalMs: 10_000, series: { received: [0, 0] } });
  await kit.close();
});

t.test('for whoever reads too slowly nothing piles up: events are counted, and told once it reads again', async (t) => {
  const feed = new LiveFeed();
  const written: string[] = [];
  let drained: () => void = () => undefined;
  let mayWrite = true;
  const slow = new EventStream({
    write: (text) => {
      written.push(text);
      return mayWrite;
    },
    onDrained: (call) => {
      drained = call;
    },
    end: () => undefined,
  });
  feed.listen(slow, { kinds: undefined, lastId: undefined, isAllowed: () => true });
  const tell = (clientId: string): void => feed.tell({ kind: 'client', data: { at: 0, event: 'connected', clientId } });
  mayWrite = false;
  tell('first');
  t.equal(written.length, 2, 'what began has been handed over');
  for (let count = 0; count < 10_000; count++) tell(`device-${count}`);
  t.equal(written.length, 2, 'nothing more until it has left');
  mayWrite = true;
  drained();
  t.strictSame(written.slice(2), ['event: skipped\ndata: {"count":10000}\n\n']);
  tell('last');
  t.match(written[3], /last/);
});

t.test('as many may listen as there is room for, and one more is refused', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  const streams = [];
  for (let at = 0; at < 100; at++) {
    const headers = { authorization: `Bearer ${kit.token}` };
    streams.push(await kit.ask('GET /api/v1/live?kinds=log', { address: `10.6.0.${at}`, headers }));
  }
  t.match(await kit.call('GET /api/v1/live'), { status: 503, body: { code: 'ERR_HTTP_UNAVAILABLE' } });
  streams[0]?.leave();
  t.match(await kit.call('GET /api/v1/live?kinds=log'), { status: 200 });
  await kit.close();
});
