// When a bridge is connected, as keys: what arrives of schedule, connect_when and budget, and what is wrong with them.
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

async function planOf(keys: string): Promise<BridgeSettings['plan']> {
  const { config, pems } = await load(keys);
  const [bridge] = config.bridges;
  if (bridge === undefined) throw new Error('there is no bridge');
  return bridgeSettingsOf(bridge, pems).plan;
}

t.test('windows, thresholds and a budget arrive, and nothing where nothing is planned', async (t) => {
  const windows = '["mon-wed 08:00-18:00", "fri-mon,wed 22:00-06:00", "00:00-24:00"]';
  t.same(await planOf(`schedule { windows = ${windows}, time_zone = "Europe/Berlin" }`), {
    windows: [
      { days: [1, 2, 3], from: 480, to: 1080 },
      { days: [0, 1, 3, 5, 6], from: 1320, to: 360 },
      { days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 1440 },
    ],
    timeZone: 'Europe/Berlin',
  });
  t.same(await planOf('connect_when { messages = 100, bytes = 64KB, age = 10m }'), {
    connectWhen: { countMin: 100, bytesMin: 65_536, ageMsMax: 600_000, idleMs: 30_000 },
  });
  t.same(await planOf('budget { bytes = 50MB }'), {
    budget: { bytesMax: 52_428_800, period: 'day', shortShare: 0.8, priorityMin: 9 },
  });
  t.match(await planOf('budget { bytes = 1GB, per = month, short_at = 0.5, short_priority = normal }'), {
    budget: { period: 'month', shortShare: 0.5, priorityMin: 5 },
  });
  t.equal(await planOf('schedule { }'), undefined);
  t.equal(await planOf(''), undefined);
});

t.test('what is no window, no zone or no threshold is an error that says what was expected', async (t) => {
  for (const window of ['mon 8-18', 'mun 08:00-18:00', '08:00-08:00', '08:60-09:00', '08:00-24:01', '']) {
    await t.rejects(planOf(`schedule { windows = "${window}" }`), /expected a time window, as "mon-fri 08:00-18:00"/);
  }
  await t.rejects(planOf('schedule { time_zone = "Mars/Olympus" }'), /expected a time zone, as Europe\/Berlin/);
  await t.rejects(planOf('schedule { windows = [] }'), /expected a time window at least/);
  const alone = /expected schedule.windows, as "mon-fri 08:00-18:00": time_zone says in which zone/;
  await t.rejects(planOf('schedule { time_zone = UTC }'), alone);
  await t.rejects(planOf('schedule { time_zone = UTC }, connect_when { messages = 1 }'), alone);
  await t.resolves(planOf('schedule { time_zone = UTC }, budget { bytes = 1MB }'));
  await t.rejects(planOf('budget { bytes = 1MB, short_at = 0 }'), /expected a number from 0.001 to 1/);
  await t.rejects(planOf('budget { bytes = 1MB, short_priority = 0 }'), /1 to 9: no class is below 0/);
  await t.rejects(planOf('connect_when { idle = 5s }'), /expected messages, bytes or age/);
  await t.rejects(planOf('connect_when { age = 10 }'), /a time with its unit/);
  await t.rejects(planOf('budget { per = day }'), /bytes/);
  await t.rejects(planOf('budget { bytes = 50MB, per = week }'), /one of day, month/);
});

t.test('a plan that costs more than it seems is a finding', async (t) => {
  const found = async (keys: string): Promise<readonly string[]> =>
    analyse((await load(keys)).config).map(({ path, text }) => `${path} ${text}`);
  t.match(await found('keepalive = 0s, budget { bytes = 1MB }'), [/b\.budget counts what goes over the link/]);
  const rule = 'subscription = [{ remote_topic = a, local_topic = "" }]';
  t.match(await found(`connect_when { messages = 9 }, ${rule}`), [
    /b\.connect_when lets messages from the remote wait/,
  ]);
  t.same(await found('schedule { windows = "08:00-09:00" }, budget { bytes = 1MB }'), []);
});

t.test('a key that does nothing beside the others is noted, and not where it does something', async (t) => {
  const noted = async (keys: string): Promise<readonly string[]> =>
    (await load(keys)).notes.map(({ path, text }) => `${path.replace('bridges.mqtt.b.', '')}: ${text}`);
  const rule = (keys: string): string => `forwards = [{ local_topic = a, remote_topic = "", ${keys} }]`;
  for (const [idle, used] of [
    ['transparent_filters = [a]', 'transparent = true, transparent_filters = [a]'],
    ['hybrid_order = weighted', 'hybrid_bridging = on, hybrid_servers = ["mqtt://i"], hybrid_order = weighted'],
    ['failback = 5m', 'srv = true, failback = 5m'],
    ['loop_guard = off, loop_hops = 3', 'loop_hops = 3'],
    ['notifications = off, notification_topic = a', 'notification_topic = a'],
    ['password = a, username = b, password_timeout = 1s', 'password_command = [a], password_timeout = 1s'],
    ['token_renew_before = 1m', 'password_file = a, token_renew_before = 1m'],
    ['trace { sample = 0.5 }', 'trace { start = true, sample = 0.5 }'],
    [rule('change_only_max_age = 1m'), rule('change_only = true, change_only_max_age = 1m')],
  ] as const) {
    t.match(await noted(idle), [/: not used: /], idle);
    t.same(await noted(used), [], used);
  }
});

t.test('a rule says what becomes of what waits when its topics change', async (t) => {
  const rulesOf = async (keys: string) => {
    const { config, pems } = await load(`forwards = [{ local_topic = a, remote_topic = b, ${keys} }]`);
    const [bridge] = config.bridges;
    return bridge && bridgeSettingsOf(bridge, pems).forwards;
  };
  t.match(await rulesOf('on_change = remap'), [{ isRemapping: true }]);
  t.match(await rulesOf('on_change = keep'), [{ isRemapping: false }]);
  await t.rejects(rulesOf('on_change = drop'), /expected one of keep, remap/);
});
