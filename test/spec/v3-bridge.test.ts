// A bridge's connection is a client like any other: 3.1.1 byte by byte, and the broker behind it still a server.
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { type Conversation, scriptedServer, wire } from '../kit/conversation.ts';
import { welcome } from '../kit/frames3.ts';
import { World } from '../kit/world.ts';

interface Site {
  readonly world: World;
  readonly bridge: Bridge;
  readonly remotes: readonly Conversation[];
}

async function site(more: Partial<BridgeSettings> = {}): Promise<Site> {
  const world = new World();
  await world.openBroker();
  const remotes = await scriptedServer(world, 9000);
  const bridge = world.openBridge({
    name: 'b',
    clientId: 'bridge',
    remote: { host: '127.0.0.1', port: 9000 },
    version: ProtocolVersion.v311,
    isBridgeBitSet: false,
    cleanStart: false,
    keepAlive: 30,
    forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
    subscriptions: [{ remoteTopic: 'down/#', localTopic: '', qos: 2 }],
    ...more,
  });
  await world.clock.advance(1);
  return { world, bridge, remotes };
}

t.test(
  'it connects, subscribes, publishes and acknowledges as a client does, while its broker serves [MQTT3-7.0.0-1] [MQTT3-3.1.0-1] [MQTT3-4.4.0-1] [MQTT3-3.3.4-1]',
  async (t) => {
    const { world, bridge, remotes } = await site();
    const remote = remotes[0];
    t.equal(await remote?.heard(), wire('10 (<MQTT> 04 00 001e <bridge>)'));
    t.equal(await remote?.ask('20020000'), wire('82 (0001 <down/#> 02)'));
    t.equal(await remote?.ask('90 (0001 02)'), '');
    const device = await welcome(world, 'device');
    t.equal(await device.ask('82 (0001 <down/#> 02)'), wire('90 (0001 02)'));
    t.equal(await device.ask('30 (<up/a> "0") 32 (<up/a> 0001 "1") 34 (<up/a> 0002 "2")'), wire('40 (0001) 50 (0002)'));
    t.equal(await remote?.heard(), wire('30 (<up/a> "0") 32 (<up/a> 0002 "1") 34 (<up/a> 0003 "2")'));
    t.equal(await remote?.ask('50 (0003)'), wire('62 (0003)'));
    t.equal(
      await remote?.ask('30 (<down/b> "3") 32 (<down/b> 0007 "4") 34 (<down/b> 0008 "5")'),
      wire('40 (0007) 50 (0008)'),
    );
    t.equal(await remote?.ask('3c (<down/b> 0008 "5") 62 (0008)'), wire('50 (0008) 70 (0008)'), 'a repeat');
    t.equal(
      await device.heard(),
      wire('30 (<down/b> "3") 32 (<down/b> 0001 "4") 34 (<down/b> 0002 "5")'),
      'is not passed on',
    );
    t.equal(await remote?.ask('32 (<unasked> 0009 "6")'), wire('40 (0009)'), 'what nobody wants is acknowledged too');
    await remote?.cut();
    while (remotes.length === 1) await world.clock.advance(100);
    const again = remotes.at(-1);
    t.equal(await again?.heard(), wire('10 (<MQTT> 04 00 001e <bridge>)'));
    t.equal(await again?.ask('20020100'), wire('62 (0003) 3a (<up/a> 0002 "1") 82 (0004 <down/#> 02)'));
    bridge.destroy();
  },
);

t.test('the bridge bit, which no standard has, is not needed [MQTT3-7.0.0-2]', async (t) => {
  for (const answer of ['20020001', undefined]) {
    const { world, bridge, remotes } = await site({ isBridgeBitSet: true });
    t.equal(await remotes[0]?.heard(), wire('10 (<MQTT> 84 00 001e <bridge>)'));
    if (answer === undefined) await remotes[0]?.cut();
    else await remotes[0]?.ask(answer);
    await remotes[0]?.cut();
    await world.clock.advance(60_000);
    t.equal(await remotes[1]?.heard(), wire('10 (<MQTT> 04 00 001e <bridge>)'));
    bridge.destroy();
  }
});

t.test('a remote that breaks the rules is left, and the bridge comes back [MQTT3-4.8.0-1]', async (t) => {
  for (const frame of ['3000', '36 (<a> 0001)', 'c000', '41 (0001)', '30 (0001 ff)', '20020000']) {
    const { world, bridge, remotes } = await site();
    await remotes[0]?.ask('20020000');
    t.equal(await remotes[0]?.ask(frame), '', frame);
    t.ok(remotes[0]?.isClosed, frame);
    await world.clock.advance(60_000);
    t.ok(remotes.length > 1);
    bridge.destroy();
  }
});

t.test('options that no CONNECT can hold are refused when the bridge is opened', async (t) => {
  const world = new World();
  const open = (more: Partial<BridgeSettings>): Bridge =>
    world.openBridge({
      name: 'b',
      clientId: 'bridge',
      remote: { host: '127.0.0.1', port: 9000 },
      version: ProtocolVersion.v311,
      ...more,
    });
  for (const more of [
    { clientId: 'a\u0000' },
    { password: 'p' },
    { keepAlive: 65_536 },
    { clientId: '', cleanStart: false },
  ]) {
    t.throws(() => open(more), { code: 'ERR_USAGE_CONNECT_OPTIONS' }, JSON.stringify(more));
  }
});
