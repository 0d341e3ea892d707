// What a device of 3.1.1 must not send, at the broker: the connection ends without a word, and nobody else notices.
import t, { type Test } from 'tap';
import { converse, wire } from '../../kit/conversation.ts';
import { connect3, listener, welcome } from '../../kit/frames3.ts';
import { World } from '../../kit/world.ts';

async function endsWith(t: Test, frames: readonly string[]): Promise<void> {
  const world = new World();
  const broker = await world.openBroker();
  const watch = await listener(world, 'watch', '#');
  for (const frame of frames) {
    const peer = await welcome(world, 'c');
    t.equal(await peer.ask(`${frame} 30 (<a> "x")`), '', `${frame}: no answer`);
    t.ok(peer.isClosed, `${frame}: closed`);
  }
  t.equal(await watch.heard(), '', 'nothing of it was delivered');
  t.equal(broker.status.connections, 1);
}

t.test(
  'flags that a type does not have end the connection [MQTT3-2.2.2-1] [MQTT3-2.2.2-2] [MQTT3-3.6.1-1] [MQTT3-3.14.1-1] [MQTT3-4.8.0-1]',
  async (t) => {
    const frames: string[] = [];
    const bodies: Readonly<Record<number, string>> = {
      4: '(0001)',
      5: '(0001)',
      6: '(0001)',
      7: '(0001)',
      12: '()',
      14: '()',
    };
    for (const [type, body] of Object.entries(bodies)) {
      const right = type === '6' ? 2 : 0;
      for (let flags = 0; flags < 16; flags++) {
        if (flags !== right) frames.push(`${((Number(type) << 4) | flags).toString(16)} ${body}`);
      }
    }
    await endsWith(t, frames);
  },
);

t.test(
  'a PUBLISH of the wrong form ends the connection [MQTT3-3.3.1-4] [MQTT3-3.3.1-2] [MQTT3-3.3.2-1] [MQTT3-3.3.2-2] [MQTT3-4.7.1-1] [MQTT3-4.7.3-1] [MQTT3-4.7.3-2] [MQTT3-2.3.1-1]',
  async (t) => {
    await endsWith(t, [
      ...['36', '37', '3e', '3f'].map((first) => `${first} (<a> 0001 "x")`),
      ...['38', '39'].map((first) => `${first} (<a> "x")`),
      '30 (<a/+> "x")',
      '30 (<#> "x")',
      '30 (<a+> "x")',
      '30 (<> "x")',
      '30 (<a\u0000> "x")',
      '30 (0005 61)',
      '30 (00)',
      '30 ()',
      '32 (<a> 0000 "x")',
      '34 (<a> 0000 "x")',
      '32 (<a> 00)',
      '32 (<a>)',
    ]);
  },
);

t.test(
  'strings that are no UTF-8, or hold NUL, end the connection wherever they stand [MQTT3-1.5.3-1] [MQTT3-1.5.3-2] [MQTT3-3.1.3-4] [MQTT3-3.1.3-10] [MQTT3-3.1.3-11] [MQTT3-3.3.2-1]',
  async (t) => {
    const bad = {
      'a byte that cannot be': '0001 ff',
      'a surrogate': '0003 eda080',
      'a pair of surrogates': '0006 eda080edb080',
      'an overlong form': '0002 c0af',
      'an overlong NUL': '0002 c080',
      'half a character': '0002 e4b8',
      'beyond the last character': '0004 f4908080',
      NUL: '0003 610062',
    };
    for (const [name, string] of Object.entries(bad)) {
      const world = new World();
      await world.openBroker();
      const connects = [
        `10 (<MQTT> 04 02 0000 ${string})`,
        connect3('c', { flags: '06', rest: `${string} <x>` }),
        connect3('c', { flags: '82', rest: string }),
      ];
      for (const frame of connects) {
        const { peer, answer } = await converse(world, frame);
        t.equal(answer, '', `${name}: ${frame}`);
        t.ok(peer.isClosed);
      }
      await endsWith(t, [`30 (${string} "x")`, `82 (0001 ${string} 00)`, `a2 (0001 ${string})`]);
    }
  },
);

t.test('a byte-order mark is a character like any other, and so are those at the edges [MQTT3-1.5.3-3]', async (t) => {
  const world = new World();
  await world.openBroker();
  const peer = await listener(world, 'c', '#');
  for (const topic of [
    '\ufeff',
    'a\ufeffb',
    '\ufeffa',
    '\u0001',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10ffff}',
    '\u{1f600}',
  ]) {
    t.equal(await peer.ask(`30 (<${topic}> "x")`), wire(`30 (<${topic}> "x")`), JSON.stringify(topic));
  }
  const only = await listener(world, 'd', 'a');
  await peer.ask('30 (<\ufeffa> "x")');
  t.equal(await only.heard(), '', 'a topic with it is another topic');
});

t.test('packets that only a server sends, or that no one does, end the connection [MQTT3-4.8.0-1]', async (t) => {
  await endsWith(t, ['20 (0000)', '90 (0001 00)', 'b0 (0001)', 'd000', 'f000', '0000', '00 (0001)']);
});

t.test('a body that is too long or too short ends the connection [MQTT3-4.8.0-1]', async (t) => {
  await endsWith(t, [
    ...['40', '50', '62', '70'].flatMap((first) =>
      ['', '00', '0000', '000100', '00010000'].map((body) => `${first} (${body})`),
    ),
    'c0 (00)',
    'e0 (00)',
    '30 8000',
    '30 ffffffffff',
  ]);
});

t.test('a packet beyond the maximum ends the connection, before its body has come', async (t) => {
  const world = new World();
  await world.openBroker({ maximumPacketSize: 1000 });
  const peer = await welcome(world, 'c');
  peer.say('30 e907 0001 61');
  t.equal(await peer.heard(), '');
  t.ok(peer.isClosed);
});

t.test('what came before the violation counts, what comes behind it does not', async (t) => {
  const world = new World();
  await world.openBroker();
  const watch = await listener(world, 'watch', '#');
  const peer = await welcome(world, 'c');
  t.equal(await peer.ask('32 (<a> 0001 "good") 3000 32 (<a> 0002 "bad")'), wire('40 (0001)'));
  t.ok(peer.isClosed);
  t.equal(await watch.heard(), wire('32 (<a> 0001 "good")'));
});

t.test('an answer of the wrong kind ends the connection [MQTT3-4.8.0-1]', async (t) => {
  for (const [qos, answers] of [
    ['32', ['50 (0001)', '70 (0001)']],
    ['34', ['40 (0001)', '70 (0001)']],
  ] as const) {
    for (const answer of answers) {
      const world = new World();
      await world.openBroker();
      const watch = await listener(world, 'watch', 'a');
      const device = await welcome(world, 'device');
      await device.ask(`${qos} (<a> 0001 "x") 62 (0001)`);
      t.equal(await watch.heard(), wire(`${qos} (<a> 0001 "x")`));
      t.equal(await watch.ask(answer), '');
      t.ok(watch.isClosed, `${answer} to ${qos}`);
    }
  }
});
