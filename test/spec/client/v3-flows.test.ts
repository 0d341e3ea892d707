// Messages and subscriptions of 3.1.1 and 3.1 at our client, byte by byte, and what a server must not send to it.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { wire } from '../../kit/conversation.ts';
import { connected, reconnected } from '../../kit/scripted-client.ts';

t.test(
  'each QoS is sent and settled as it must be, under a free id, DUP 0 [MQTT3-4.3.1-1] [MQTT3-4.3.2-1] [MQTT3-4.3.3-1] [MQTT3-2.3.1-1] [MQTT3-2.3.1-2] [MQTT3-2.3.1-5] [MQTT3-2.3.1-6] [MQTT3-3.3.1-2]',
  async (t) => {
    const { client, peer } = await connected();
    t.equal(await client.publish('a', '0'), 0, 'QoS 0 is settled when it is written');
    t.equal(await peer.heard(), wire('30 (<a> "0")'));
    const settled: string[] = [];
    for (const [qos, text] of [
      [1, '1'],
      [2, '2'],
      [1, '3'],
    ] as const) {
      client.publish('a', text, { qos }).then(() => settled.push(text));
    }
    t.equal(await peer.heard(), wire('32 (<a> 0001 "1") 34 (<a> 0002 "2") 32 (<a> 0003 "3")'));
    t.equal(await peer.ask('50 (0002)'), wire('62 (0002)'));
    t.equal(await peer.ask('50 (0002)'), wire('62 (0002)'), 'PUBREC again: PUBREL again, never PUBLISH');
    t.strictSame(settled, []);
    t.equal(await peer.ask('40 (0003) 40 (0001) 70 (0002)'), '');
    t.strictSame(settled.sort(), ['1', '2', '3']);
    client.publish('a', 'r', { qos: 1, retain: true }).catch(() => undefined);
    t.match(await peer.heard(), /^33/);
    client.destroy();
  },
);

t.test('an id in use is not given to a SUBSCRIBE, nor one of a SUBSCRIBE to a message [MQTT3-2.3.1-2]', async (t) => {
  const { client, peer } = await connected({ sendWindowMax: 10 });
  client.publish('a', '1', { qos: 1 }).catch(() => undefined);
  client.subscribe('b', { qos: 1 }, () => undefined).catch(() => undefined);
  client.publish('a', '2', { qos: 1 }).catch(() => undefined);
  const heard = await peer.heard();
  for (const frame of ['32 (<a> 0001 "1")', '82 (0002 <b> 01)', '32 (<a> 0003 "2")']) {
    t.ok(heard.includes(wire(frame)), frame);
  }
  client.destroy();
});

t.test(
  'SUBSCRIBE and UNSUBSCRIBE have the flags, the id and the filter that they must have [MQTT3-3.8.1-1] [MQTT3-3.8.3-1] [MQTT3-3.8.3-3] [MQTT3-3.10.1-1] [MQTT3-3.10.3-1] [MQTT3-3.10.3-2] [MQTT3-4.7.1-2] [MQTT3-4.7.1-3] [MQTT3-4.7.3-1] [MQTT3-4.7.3-2] [MQTT3-2.2.2-1]',
  async (t) => {
    const { client, peer } = await connected();
    const subscribing = client.subscribe('\u65e5/+/#', { qos: 2 }, () => undefined);
    t.equal(await peer.heard(), wire('82 (0001 <\u65e5/+/#> 02)'));
    await peer.ask('90 (0001 01)');
    const subscription = await subscribing;
    t.equal(subscription.grantedQos, 1);
    const ending = subscription.unsubscribe();
    t.equal(await peer.heard(), wire('a2 (0002 <\u65e5/+/#>)'));
    await peer.ask('b0 (0002)');
    await ending;
    const refused = t.rejects(
      client.subscribe('b', {}, () => undefined),
      { code: 'ERR_REFUSED_UNSPECIFIED_ERROR' },
    );
    await peer.ask('90 (0003 80)');
    await refused;
    await peer.heard();
    for (const filter of ['', 'a#', '#/a', 'a+', '+a', 'a\u0000', '\ud800', 'x'.repeat(65_536)]) {
      await t.rejects(
        client.subscribe(filter, {}, () => undefined),
        { code: 'ERR_USAGE_TOPIC_FILTER' },
        filter,
      );
    }
    for (const topic of ['', 'a/#', '+', 'a\u0000', '\udfff', 'x'.repeat(65_536)]) {
      await t.rejects(client.publish(topic, ''), { code: 'ERR_USAGE_TOPIC_NAME' }, topic);
    }
    t.equal(await peer.heard(), '', 'nothing of these leaves');
    client.destroy();
  },
);

t.test(
  'whatever comes is acknowledged as its QoS calls for, wanted or not, in the order in which it came [MQTT3-3.3.4-1] [MQTT3-4.3.2-2] [MQTT3-4.3.3-2] [MQTT3-4.5.0-2] [MQTT3-4.6.0-2] [MQTT3-4.6.0-3] [MQTT3-4.6.0-4]',
  async (t) => {
    const { client, peer } = await connected();
    const finish: (() => void)[] = [];
    const heard: string[] = [];
    client
      .subscribe('a', { qos: 2 }, ({ text }) => {
        heard.push(text);
        return new Promise<void>((resolve) => finish.push(resolve));
      })
      .catch(() => undefined);
    await peer.ask('90 (0001 02)');
    t.equal(
      await peer.ask('30 (<b> "0") 32 (<b> 0001 "1") 34 (<b> 0002 "2")'),
      wire('40 (0001) 50 (0002)'),
      'unwanted',
    );
    t.equal(await peer.ask('62 (0002) 62 (0002) 62 (0777)'), wire('70 (0002) 70 (0002) 70 (0777)'));
    t.equal(await peer.ask('32 (<a> 0003 "1") 34 (<a> 0004 "2") 32 (<a> 0005 "3") 34 (<a> 0006 "4")'), '');
    t.strictSame(heard, ['1', '2', '3', '4']);
    for (const index of [3, 2, 1]) finish[index]?.();
    t.equal(await peer.heard(), '', 'the first is still at work');
    finish[0]?.();
    t.equal(await peer.heard(), wire('40 (0003) 50 (0004) 40 (0005) 50 (0006)'));
    t.equal(await peer.ask('3c (<a> 0004 "2") 3c (<a> 0006 "4")'), wire('50 (0004) 50 (0006)'), 'repeats');
    t.equal(await peer.ask('62 (0004) 62 (0006)'), wire('70 (0004) 70 (0006)'));
    t.equal(heard.length, 4, 'are not delivered again');
    await peer.ask('34 (<a> 0004 "5") 3a (<a> 0003 "6")');
    t.strictSame(heard.slice(4), ['5', '6'], 'after PUBCOMP and PUBACK the ids are those of other messages');
    client.destroy();
  },
);

t.test('PUBRELs go in the order of the PUBRECs [MQTT3-4.6.0-4] [MQTT3-2.3.1-6]', async (t) => {
  const { client, peer } = await connected();
  for (const text of ['1', '2', '3']) client.publish('a', text, { qos: 2 }).catch(() => undefined);
  await peer.heard();
  t.equal(await peer.ask('50 (0002) 50 (0003) 50 (0001)'), wire('62 (0002) 62 (0003) 62 (0001)'));
  client.destroy();
});

t.test(
  'on the next connection of a session everything unacknowledged comes again, in its order [MQTT3-4.4.0-1] [MQTT3-4.6.0-1] [MQTT3-2.3.1-3] [MQTT3-3.3.1-1]',
  async (t) => {
    const one = await connected({ cleanStart: false });
    for (const [qos, text] of [
      [1, '1'],
      [2, '2'],
      [2, '3'],
      [1, '4'],
    ] as const) {
      one.client.publish('a', text, { qos }).catch(() => undefined);
    }
    await one.peer.heard();
    await one.peer.ask('50 (0003)');
    await one.peer.cut();
    one.client.publish('a', '5', { qos: 1 }).catch(() => undefined);
    const { peer } = await reconnected(one, '20020100');
    const repeats = '62 (0003) 3a (<a> 0001 "1") 3c (<a> 0002 "2") 3a (<a> 0004 "4") 32 (<a> 0005 "5")';
    t.equal(await peer.heard(), wire(repeats));
    one.client.destroy();
  },
);

t.test(
  'a handler that fails leaves the message unacknowledged, and the connection ends: it comes again [MQTT3-4.8.0-2]',
  async (t) => {
    const one = await connected({ cleanStart: false });
    let fails = true;
    const heard: string[] = [];
    const onMessage = async ({ text }: { readonly text: string }): Promise<void> => {
      if (fails) throw new Error('not now');
      heard.push(text);
    };
    one.client.subscribe('a', { qos: 1 }, onMessage).catch(() => undefined);
    await one.peer.ask('90 (0001 01)');
    t.notMatch(await one.peer.ask('32 (<a> 0001 "x")'), /^40/);
    t.ok(one.peer.isClosed);
    fails = false;
    const { peer } = await reconnected(one, '20020100');
    await peer.heard();
    t.equal(await peer.ask('3a (<a> 0001 "x")'), wire('40 (0001)'));
    t.strictSame(heard, ['x']);
    one.client.destroy();
  },
);

t.test(
  'a server that breaks the rules is left without a word [MQTT3-4.8.0-1] [MQTT3-2.2.2-2] [MQTT3-3.6.1-1] [MQTT3-3.3.1-4] [MQTT3-3.3.1-2] [MQTT3-3.3.2-1] [MQTT3-3.3.2-2] [MQTT3-4.7.1-1] [MQTT3-1.5.3-1] [MQTT3-1.5.3-2] [MQTT3-4.7.3-1] [MQTT3-4.7.3-2]',
  async (t) => {
    const wrong: readonly string[] = [
      '36 (<a> 0001 "x")',
      '38 (<a> "x")',
      '30 (<a/#> "x")',
      '30 (<+> "x")',
      '30 (<> "x")',
      '30 (0001 ff "x")',
      '30 (0003 eda080 "x")',
      '30 (<a\u0000> "x")',
      '32 (<a> 0000 "x")',
      '32 (<a>)',
      '41 (0001)',
      '50 (0000)',
      '60 (0001)',
      '66 (0001)',
      '72 (0001)',
      '40 (000100)',
      '91 (0001 00)',
      '90 (0001)',
      '90 (0001 03)',
      'b2 (0001)',
      'b0 (0001 00)',
      'd100',
      'd0 (00)',
      '20020000',
      'c000',
      'e000',
      'f000',
      '82 (0001 <a> 00)',
      '0000',
      '30 ffffffff7f',
    ];
    for (const frame of wrong) {
      const { client, peer } = await connected({ isReconnecting: false });
      let heard = 0;
      client.subscribe('#', { qos: 2 }, () => void heard++).catch(() => undefined);
      await peer.ask('90 (0001 02)');
      t.equal(await peer.ask(`${frame} 30 (<a> "behind")`), '', frame);
      t.ok(peer.isClosed, `${frame}: closed`);
      t.equal(heard, 0, `${frame}: nothing behind it is heard`);
      client.destroy();
    }
  },
);

t.test('a byte-order mark in a topic is kept as it is [MQTT3-1.5.3-3]', async (t) => {
  const { client, peer } = await connected();
  const topics: string[] = [];
  client.subscribe('#', {}, ({ topic }) => void topics.push(topic)).catch(() => undefined);
  await peer.ask('90 (0001 00)');
  await peer.ask('30 (<\ufeffa> "x")');
  t.strictSame(topics, ['\ufeffa']);
  await client.publish('\ufeffb', '');
  t.equal(await peer.heard(), wire('30 (<\ufeffb>)'));
  client.destroy();
});

t.test('in 3.1 all of this is the same [MQTT31-11]', async (t) => {
  const { client, peer } = await connected({ version: ProtocolVersion.v31 });
  const heard: string[] = [];
  client.subscribe('b', { qos: 2 }, ({ text }) => void heard.push(text)).catch(() => undefined);
  t.equal(await peer.heard(), wire('82 (0001 <b> 02)'));
  await peer.ask('90 (0001 02)');
  for (const qos of [0, 1, 2] as const) client.publish('a', `${qos}`, { qos }).catch(() => undefined);
  t.equal(await peer.heard(), wire('30 (<a> "0") 32 (<a> 0002 "1") 34 (<a> 0003 "2")'));
  t.equal(await peer.ask('40 (0002) 50 (0003)'), wire('62 (0003)'));
  t.equal(await peer.ask('70 (0003) 30 (<b> "3") 32 (<b> 0001 "4") 34 (<b> 0002 "5")'), wire('40 (0001) 50 (0002)'));
  t.equal(await peer.ask('62 (0002)'), wire('70 (0002)'));
  t.strictSame(heard, ['3', '4', '5']);
  client.destroy();
});
