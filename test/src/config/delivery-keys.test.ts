// What a bridge does with messages that are refused or cannot be delivered: what arrives of the keys, what is wrong.
import t from 'tap';
import { bridgeSettingsOf } from '../../../src/app/from-config.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

async function settingsOf(keys: string): Promise<BridgeSettings> {
  const disk = new MemoryDisk({ 'etc/v.conf': `bridges.mqtt.b { server = "mqtt-tcp://h", clientid = b, ${keys} }` });
  const loaded = await loadConfig({ path: 'etc/v.conf', disk, environment: {}, hostname: 'gateway-7' });
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

t.test('what makes no sense of it is an error that says what was expected', async (t) => {
  await t.rejects(settingsOf('on_refusal { quota_exceeded = wait }'), /one of retry, pause, park, dead-letter, drop/);
  await t.rejects(settingsOf('on_refusal { quota_exeeded = pause }'), /quota_exceeded/);
  await t.rejects(settingsOf('on_refusal { pause = 1h }'), /pause to be at most max_pause/);
  const rule = 'local_topic = a, remote_topic = "", dedupe_property = id';
  await t.rejects(settingsOf(`forwards = [{ ${rule} }]`), /expected dedupe_window/);
});
