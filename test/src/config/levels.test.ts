// Levels of durability, session classes and what bounds queues: what arrives of the keys, and what is said of them.
import t from 'tap';
import { brokerOptionsOf } from '../../../src/app/from-config.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

function load(text: string): Promise<LoadedConfig> {
  const disk = new MemoryDisk({ 'etc/v.conf': text });
  return loadConfig({ path: 'etc/v.conf', disk, environment: {}, hostname: 'gateway-7' });
}

t.test('listeners, sessions, bridges and rules have levels of their own', async (t) => {
  const loaded = await load(`data { dir = d, durability = written }
    listeners.tcp.fast { bind = 1883, durability = memory }
    listeners.tcp.safe { bind = 1884, durability = synced, session_durability = written }
    mqtt.durability = memory
    bridges.mqtt.b { server = "mqtt-tcp://h", clientid = b
      forwards = [{ local_topic = "a/#", remote_topic = "", durability = memory }
        { local_topic = b, remote_topic = "" }]
      subscription = [{ remote_topic = c, local_topic = "", durability = synced }] }`);
  const [bridge] = loaded.config.bridges;
  t.match(bridge, { forwards: [{ durability: 'memory' }, {}], subscriptions: [{ durability: 'synced' }] });
  t.notOk(bridge?.forwards[1] && 'durability' in bridge.forwards[1], 'that of the bridge');
  t.match(brokerOptionsOf(loaded), {
    durability: 'memory',
    listeners: [
      { limits: { publishDurability: 'memory', durability: 'memory' } },
      { limits: { publishDurability: 'synced', durability: 'written' } },
    ],
  });
  t.equal(brokerOptionsOf(await load('data { dir = d, durability = written }')).durability, 'written');
  t.same(loaded.notes, []);
});

t.test('session classes say what holds for some, and whom', async (t) => {
  const { config } = await load(`mqtt { mqueue_overflow = newest, session_classes {
    control { clientid = ["ctl-*", plc], durability = synced, max_mqueue_len = 5, max_mqueue_age = 1h }
    guests { username = guest, durability = memory, max_mqueue_bytes = 1MB, mqueue_overflow = oldest } } }`);
  t.equal(config.mqtt.queueOverflow, 'newest');
  t.strictSame(config.mqtt.sessionClasses, [
    { name: 'control', clientIds: ['ctl-*', 'plc'], durability: 'synced', queueCountMax: 5, queueAgeMsMax: 3_600_000 },
    {
      name: 'guests',
      usernames: ['guest'],
      durability: 'memory',
      queueBytesMax: 1_048_576,
      queueOverflow: 'oldest',
    },
  ]);
  await t.rejects(load('mqtt.session_classes.x { durability = memory }'), /expected clientid or username/);
  await t.rejects(load('mqtt.session_classes.x { clientid = a, durability = sync }'), /expected .*memory, written/);
});

t.test('a rule says what gives way, its class and its limits; a class makes the lowest give way first', async (t) => {
  const bridgeOf = async (more: string, rule: string) => {
    const { config } = await load(`bridges.mqtt.b { server = "mqtt-tcp://h", clientid = b, ${more}
      forwards = [{ local_topic = a, remote_topic = "", ${rule} }] }`);
    return config.bridges[0];
  };
  t.match(await bridgeOf('', 'note = x'), { overflow: 'oldest' });
  t.match(await bridgeOf('', 'priority = high'), { overflow: 'priority', forwards: [{ priority: 9 }] });
  t.match(await bridgeOf('overflow = block', 'priority = 0, overflow = latest'), {
    overflow: 'block',
    forwards: [{ priority: 0, queueOverflow: 'latest' }],
  });
  t.match(
    await bridgeOf('', 'priority = low, max_send_queue_len = 7, max_send_queue_bytes = 2KB, max_send_queue_age = 5s'),
    {
      forwards: [{ priority: 1, queueCountMax: 7, queueBytesMax: 2048, queueAgeMsMax: 5000 }],
    },
  );
  await t.rejects(bridgeOf('max_send_queue_age = 10ms', 'note = x'), /expected a time .* from 1s to 3650d/);
  await t.rejects(bridgeOf('', 'priority = 10'), /expected low, normal, high, or 0 to 9/);
  await t.rejects(bridgeOf('', 'overflow = last'), /expected .*priority, latest, block/);
});

t.test('a level without a place to store is told', async (t) => {
  const { notes } = await load(`mqtt.durability = synced
    listeners.tcp.x { bind = 1, session_durability = written }
    bridges.mqtt.b { server = "mqtt-tcp://h", clientid = b, durability = memory
      forwards = [{ local_topic = a, remote_topic = "", durability = synced }] }`);
  t.same(
    notes.map(({ path, line }) => `${path} ${line}`),
    ['mqtt.durability 1', 'listeners.tcp.x.session_durability 2', 'bridges.mqtt.b.forwards.durability 4'],
  );
  t.match(notes[0]?.text, /nowhere to store/);
});
