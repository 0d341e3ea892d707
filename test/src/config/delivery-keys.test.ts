// What a bridge does with messages that are refused or cannot be delivered: what arrives of the keys, what is wrong.
import t from 'tap';
import { bridgeSettingsOf } from '../../../src/app/from-config.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { analyse } from '../../../src/config/analysis.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

function load(keys: string): Promise<LoadedConfig> {
  const disk = new MemoryDisk({ 'etc/v.conf': `bridges.mqtt.b { server = "mqtt-tcp://h", clientid = b, ${keys} }` });
  return loadConfig({ path: 'etc/v.conf', disk, environment: {}, hostname: 'gateway-7' });
}

async function settingsOf(keys: string): Promise<BridgeSettings> {
  const loaded = await load(keys);
  const [bridge] = loaded.config.bridges;
  if (bridge === undefined) throw new Error('there is no bridge');
  return bridgeSettingsOf(bridge, loaded.pems);
}

t.test('the table of refusals and the bounds of dead letters arrive at the bridge', async (t) => {
  const settings =
    await settingsOf(`on_refusal { quota_exceeded = park, not_authorized = drop, max_tries = 3, pause = 1s }
    dead_letters { max_len = 7, max_age = 1d }
    forwards = [{ local_topic = a, remote_topic = "", dedupe_window = 60s, dedupe_property = id }]`);
  t.match(settings, {
    refusals: {
      actions: { quota_exceeded: 'park', not_authorized: 'drop' },
      triesMax: 3,
      retryMs: 1000,
      pauseMs: 1000,
      pauseMsMax: 600_000,
      parkMs: 300_000,
    },
    deadLetters: { countMax: 7, bytesMax: 16_777_216, ageMsMax: 86_400_000 },
    forwards: [{ duplicateWindowMs: 60_000, duplicateProperty: 'id' }],
  });
  t.notOk('refusals' in (await settingsOf('')), 'the defaults are those of the bridge');
});

t.test('what a rule does with QoS 0 while the link is down arrives, and nothing where it does not say', async (t) => {
  const rule = 'local_topic = a, remote_topic = ""';
  const keys = 'qos_0 = buffer, qos_0_max_len = 7, qos_0_max_age = 5m';
  const { forwards = [] } = await settingsOf(
    `forwards = [{ ${rule}, ${keys} }, { ${rule}, qos_0 = drop }, { ${rule} }]`,
  );
  t.match(forwards, [{ qos0Policy: 'buffer', qos0CountMax: 7, qos0AgeMsMax: 300_000 }, { qos0Policy: 'drop' }, {}]);
  t.notOk('qos0Policy' in (forwards[2] ?? {}));
  await t.rejects(settingsOf(`forwards = [{ ${rule}, qos_0 = keep }]`), /one of drop, buffer, persist/);
  await t.rejects(settingsOf(`forwards = [{ ${rule}, qos_0_max_age = 5 }]`), /a time with its unit/);
  await t.rejects(settingsOf(`forwards = [{ ${rule}, qos_0_max_len = 5 }]`), /expected qos_0 = buffer or persist/);
  const { notes } = await load(`forwards = [{ ${rule}, qos_0 = persist }]`);
  t.match(notes, [{ path: 'bridges.mqtt.b.forwards.qos_0', text: /nothing without data.dir/ }]);
});

t.test('the table for refused connections arrives, and only what names another server may be followed', async (t) => {
  const settings = await settingsOf('on_link_refusal { banned = pause, use_another_server = follow, pause = 10m }');
  t.match(settings.linkRefusals, { actions: { banned: 'pause', use_another_server: 'follow' }, pauseMs: 600_000 });
  t.notOk('linkRefusals' in (await settingsOf('')), 'the defaults are those of the bridge');
  await t.rejects(settingsOf('on_link_refusal { banned = follow }'), /one of retry, wait, pause/);
  await t.rejects(settingsOf('on_link_refusal { bannd = pause }'), /banned/);
});

t.test('rates of a bridge and of a rule arrive, with what may go at once and the share of live messages', async (t) => {
  const rule = 'local_topic = a, remote_topic = ""';
  const keys = 'messages_rate = 100/s, bytes_rate = 64KB/s, rate_burst = 2s, live_share = 0.25';
  const settings = await settingsOf(`${keys}, forwards = [{ ${rule}, messages_rate = 5/s }, { ${rule} }]`);
  t.match(settings, { rate: { messagesPerS: 100, bytesPerS: 65_536, burstMs: 2000 }, liveShare: 0.25 });
  t.same(settings.forwards?.[0]?.rate, { messagesPerS: 5 });
  t.notOk('rate' in (settings.forwards?.[1] ?? {}));
  t.notOk('rate' in (await settingsOf('')) || 'liveShare' in (await settingsOf('')));
  await t.rejects(settingsOf('messages_rate = 100'), /a rate, as 100\/s/);
  await t.rejects(settingsOf('bytes_rate = 64KB'), /a rate, as 64KB\/s/);
  await t.rejects(settingsOf('live_share = 1'), /a number from 0 to 0.99/);
  await t.rejects(settingsOf('rate_burst = 1s'), /expected messages_rate or bytes_rate beside rate_burst/);
  await t.rejects(settingsOf(`forwards = [{ ${rule}, rate_burst = 1s }]`), /beside rate_burst/);
});

t.test('what is kept for a replay arrives, is off unless it is said, and needs a place', async (t) => {
  const settings = await settingsOf('replay { keep = 2h, keep_bytes = 1MB, property = again }');
  t.same(settings.replay, { ageMsMax: 7_200_000, bytesMax: 1_048_576, property: 'again' });
  t.same((await settingsOf('replay { }')).replay, { ageMsMax: 86_400_000, bytesMax: 268_435_456 });
  t.notOk('replay' in (await settingsOf('replay { enable = false }')));
  t.notOk('replay' in (await settingsOf('')));
  t.match(await settingsOf('poison_losses = 5'), { poisonLossesMax: 5 });
  await t.rejects(settingsOf('replay { keep = 2 }'), /a time with its unit/);
  await t.rejects(settingsOf('replay { keep_bytes = 1KB }'), /64KB/);
  t.match((await load('replay { }')).notes, [{ path: 'bridges.mqtt.b.replay', text: /nothing without data.dir/ }]);
  const { config } = await load('replay { keep_bytes = 3GB } }, data { dir = d, max_size = 4GB');
  t.match(analyse(config), [{ path: 'bridges.mqtt.b.replay', text: /more than half of data.max_size/ }]);
});

t.test('what becomes of properties at a remote of 3.x arrives', async (t) => {
  const rule = 'local_topic = a, remote_topic = ""';
  const forwards = (keys: string): string => `proto_ver = 4, forwards = [{ ${rule}, ${keys} }]`;
  const settings = await settingsOf(
    `${forwards('properties_3x = topic, topic_properties = ["user:site", content_type]')},
    subscription = [{ local_topic = "", remote_topic = b, open_envelopes = true }]`,
  );
  t.match(settings.forwards, [{ properties3x: 'topic', topicProperties: ['user:site', 'content_type'] }]);
  t.match(settings.subscriptions, [{ isOpeningEnvelopes: true }]);
  await t.rejects(settingsOf(forwards('properties_3x = keep')), /one of drop, envelope, topic/);
  await t.rejects(settingsOf(forwards('properties_3x = topic')), /expected 1 to 8 topic_properties/);
  await t.rejects(settingsOf(forwards('properties_3x = drop, topic_properties = ["user:a"]')), /none elsewhere/);
  await t.rejects(settingsOf(forwards('properties_3x = topic, topic_properties = [site]')), /'site' is none/);
});

t.test('what makes no sense of it is an error that says what was expected', async (t) => {
  await t.rejects(settingsOf('on_refusal { quota_exceeded = wait }'), /one of retry, pause, park, dead-letter, drop/);
  await t.rejects(settingsOf('on_refusal { quota_exeeded = pause }'), /quota_exceeded/);
  await t.rejects(settingsOf('on_refusal { pause = 1h }'), /pause to be at most max_pause/);
  const rule = 'local_topic = a, remote_topic = "", dedupe_property = id';
  await t.rejects(settingsOf(`forwards = [{ ${rule} }]`), /expected dedupe_window/);
});

t.test('what can do nothing is a finding that says what to do about it', async (t) => {
  const found = async (keys: string): Promise<readonly string[]> =>
    analyse((await load(keys)).config).map(({ path, text }) => `${path} ${text}`);
  t.match(await found('proto_ver = 4, on_refusal { quota_exceeded = park }'), [/b\.on_refusal does nothing/]);
  t.match(await found('dead_letters { max_len = 0 }'), [/b\.dead_letters keeps none/]);
  const rule = 'local_topic = a, remote_topic = "", change_only = true, dedupe_window = 60s';
  t.match(await found(`forwards = [{ ${rule} }]`), [/forwards\.0 change_only with dedupe_window/]);
  t.match(await found('forwards = [{ local_topic = a, remote_topic = "", qos = 1, qos_0 = buffer }]'), [
    /raises/,
    /forwards\.0 qos_0 does nothing: the messages of this rule go out at QoS 1/,
  ]);
  const policy = 'forwards = [{ local_topic = a, remote_topic = "", properties_3x = envelope }]';
  t.match(await found(`step_down = false, ${policy}`), [/forwards\.0 properties_3x does nothing/]);
  t.same(await found(`proto_ver = 4, ${policy}`), []);
  t.same(await found(policy), [], 'an older version may be spoken');
  t.match(
    await found('messages_rate = 5/s, forwards = [{ local_topic = a, remote_topic = "", messages_rate = 5/s }]'),
    [/forwards\.0 has a rate that its bridge does not reach/],
  );
  t.same(await found('on_refusal { quota_exceeded = park }, dead_letters { max_len = 5 }'), []);
});
