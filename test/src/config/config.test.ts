// Configurations: what the fixtures mean and what is wrong with them, units, variables of the environment, notes;
// and that no configuration whatever fails with anything but a ConfigError.
// The form of the files is the matter of hocon.test.ts.
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { ConfigError } from '../../../src/base/errors.ts';
import type { BridgeConfig } from '../../../src/config/bridge-config.ts';
import type { Environment } from '../../../src/config/hocon-references.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { parseDuration, parseSize } from '../../../src/config/units.ts';
import { NodeDisk } from '../../../src/ports/node-disk.ts';
import { fixtureJson, fixturePath, fixtureText } from '../../kit/fixtures.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

const disk = new NodeDisk();

function loadFixture(name: string, environment: Environment = {}): Promise<LoadedConfig> {
  return loadConfig({ path: fixturePath(`config/${name}`), disk, environment, hostname: 'gateway-7' });
}

function load(text: string, environment: Environment = {}, files: Readonly<Record<string, string>> = {}) {
  return loadConfig({
    path: 'etc/v.conf',
    disk: new MemoryDisk({ 'etc/v.conf': text, ...files }),
    environment,
    hostname: 'gateway-7',
  });
}

async function faultsOf(loading: Promise<LoadedConfig>): Promise<string> {
  try {
    const { config } = await loading;
    return `no fault, but ${JSON.stringify(config)}`;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** A bridge with a server and `text`. */
async function bridge(text: string): Promise<BridgeConfig | undefined> {
  const { config } = await load(`bridges.mqtt.b { server = "mqtt-tcp://h"\n${text} }`);
  return config.bridges[0];
}

const names = (folder: string): readonly string[] =>
  readdirSync(fixturePath(`config/${folder}`))
    .filter((name) => name.endsWith('.conf'))
    .map((name) => name.slice(0, -'.conf'.length));

t.test('every fault of a file is told, with its place, its key and what was expected', async (t) => {
  for (const name of names('invalid')) {
    const expected = fixtureText(`config/invalid/${name}.expected`);
    const found = await faultsOf(loadFixture(`invalid/${name}.conf`));
    t.equal(`${found}\n`, expected, name);
    t.notMatch(found, /s3cret/, `${name} tells no secret`);
  }
});

t.test('an error carries its faults and a code', async (t) => {
  const codes = {
    'syntax.conf': 'ERR_CONFIG_SYNTAX',
    'includes.conf': 'ERR_CONFIG_FILE',
    'include-circle.conf': 'ERR_CONFIG_INCLUDE',
    'references.conf': 'ERR_CONFIG_REFERENCE',
    'units.conf': 'ERR_CONFIG_INVALID',
  };
  for (const [name, code] of Object.entries(codes)) {
    await t.rejects(loadFixture(`invalid/${name}`), { code, blame: 'local', retry: 'never' }, name);
  }
  const error: unknown = await load('mqtt.max_mqueue_len = x').catch((reason: unknown) => reason);
  const fault = { file: 'etc/v.conf', line: 1, column: 23, path: 'mqtt.max_mqueue_len', value: 'x' };
  t.match(error, { faults: [{ ...fault, expected: /^expected a whole number/ }] });
});

t.test('every valid fixture loads, and its certificates are read from beside it', async (t) => {
  for (const name of names('valid')) t.type(await loadFixture(`valid/${name}.conf`), Object, name);
  const { pems } = await loadFixture('valid/tls-bridge.conf');
  t.strictSame([...pems.keys()].sort(), ['../../tls/ca.pem', '../../tls/client.key', '../../tls/client.pem']);
  t.equal(pems.get('../../tls/ca.pem'), fixtureText('tls/ca.pem'));
});

t.test('an empty configuration is a broker on 1883 with the defaults', async (t) => {
  const { config, notes, files } = await load('');
  t.strictSame(config.listeners, [{ name: 'tcp.default', host: '0.0.0.0', port: 1883 }]);
  t.strictSame(config.auth, {
    isAnonymousAllowed: true,
    users: [],
    rules: [],
    isAllowedWithoutMatch: true,
    isDenialDisconnecting: false,
    superusers: [],
    verifiedTtlMs: 60_000,
    guard: { freeCount: 5, delayMsMin: 250, delayMsMax: 4000, memoryMs: 300_000, addressesMax: 10_000 },
  });
  t.strictSame([config.log, config.bridges, notes, files], [{ level: 'info', format: 'auto' }, [], [], ['etc/v.conf']]);
});

t.test('a bridge of which only the server is said has the defaults', async (t) => {
  t.strictSame(await bridge(''), {
    name: 'b',
    host: 'h',
    port: 1883,
    backups: [],
    remoteOrder: 'ordered',
    failbackMs: 300_000,
    isRetainedSynced: true,
    renewBeforeMs: 60_000,
    isSessionShared: false,
    isSteppingDown: true,
    loopGuard: 'auto',
    loopProperty: 'viaduct-path',
    loopHopsMax: 8,
    laneCount: 1,
    laneOrder: 'topic',
    laneSubscriptions: 'auto',
    isNotifying: true,
    isNotifyingHereOnly: false,
    connectTimeoutMs: 20_000,
    answerTimeoutMs: 10_000,
    version: 5,
    clientId: 'viaduct-b',
    keepAliveS: 60,
    backoffMsMin: 500,
    backoffMsMax: 60_000,
    backoffJitter: 'decorrelated',
    stableMs: 10_000,
    cleanStart: false,
    isBridgeBitSet: false,
    isQos0Queued: false,
    isNoDelay: true,
    tcpKeepAliveMs: 0,
    connectProperties: {},
    subscribeProperties: {},
    forwards: [],
    subscriptions: [],
    queueCountMax: 100_000,
    queueBytesMax: 128 * 1024 * 1024,
    overflow: 'oldest',
    acknowledgeTimeoutMs: 20_000,
  });
});

t.test('every key of a bridge arrives', async (t) => {
  const { config } = await loadFixture('valid/every-bridge-key.conf', { NANOMQ_VIN: 'LX-9' });
  t.strictSame(config.bridges, fixtureJson<readonly BridgeConfig[]>('config/valid/every-bridge-key.json'));
});

t.test('listeners, users and access rules arrive', async (t) => {
  const { config, files } = await loadFixture('valid/broker.conf');
  t.strictSame(
    config.listeners.map(({ name, host, port }) => `${name} ${host} ${port}`),
    ['tcp.inside 0.0.0.0 1883', 'ssl.outside * 8883'],
  );
  t.strictSame(config.auth.users, [
    { username: 'gw', password: 'one' },
    { username: 'dashboard', password: 'two' },
  ]);
  t.match(config.auth.rules[3]?.subject, {
    kind: 'and',
    parts: [
      { kind: 'address', ranges: [{ bits: 8 }, { bits: 128 }] },
      { kind: 'fingerprint', fingerprint: /^00:11:.*:EE:FF$/ },
    ],
  });
  t.strictSame(config.auth.rules[2], {
    isAllowed: true,
    action: 'pubsub',
    topics: ['devices/$' + '{clientid}/#', '@shared/#'],
    subject: {
      kind: 'and',
      parts: [
        { kind: 'username', name: 'gw' },
        { kind: 'clientId', name: 'gw-1' },
      ],
    },
  });
  t.strictSame(
    files,
    ['broker.conf', 'parts/users.conf'].map((name) => fixturePath(`config/valid/${name}`)),
  );
  const both = await loadFixture('valid/both-listeners.conf');
  t.strictSame(both.config.listeners[1]?.tls, {
    certificateFile: '../../tls/server.pem',
    keyFile: '../../tls/server.key',
    authoritiesFile: '../../tls/ca.pem',
    isPeerVerified: true,
    isCertificateRequired: true,
  });
});

t.test('listeners stand alone, under names or both, and those that are off are not there', async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['listeners.tcp.bind = 1884', ['tcp.default *:1884']],
    ['listeners.tcp { bind = ":1", inner { bind = "[::1]:2" } }', ['tcp.inner ::1:2', 'tcp.default *:1']],
    ['listeners.tcp.enable = false', []],
    ['listeners.ssl.enable = false', ['tcp.default 0.0.0.0:1883']],
    ['listeners.ssl { keyfile = k, certfile = k }', ['ssl.default 0.0.0.0:8883']],
    ['listeners { ws { a { enable = off } }, quic.enable = 0 }', ['tcp.default 0.0.0.0:1883']],
  ];
  for (const [text, expected] of cases) {
    const { config } = await load(text, {}, { 'etc/k': 'PEM' });
    t.strictSame(
      config.listeners.map(({ name, host, port }) => `${name} ${host}:${port}`),
      expected,
      text,
    );
  }
});

t.test('references, includes and null make one bridge out of another', async (t) => {
  const { config, files } = await loadFixture('valid/references.conf', { REGION: 'eu-', KEEPALIVE: '45s' });
  const [first, second] = config.bridges;
  t.match(first, { host: 'first.example', clientId: 'gw-eu-7', keepAliveS: 45, username: 'gw "seven"' });
  t.match(second, { host: 'second.example', port: 2883, clientId: 'gw-7-second', keepAliveS: 45 });
  t.strictSame(second?.forwards, [
    { localTopic: 'a/#', remoteTopic: '', place: 0 },
    { localTopic: 'b/+', remoteTopic: 'all/+', qos: 2, place: 1 },
  ]);
  t.match(config, { log: { level: 'warn' }, mqtt: { maximumPacketSize: 65_536, sessionExpiryMaxS: 5400 } });
  const parts = ['references.conf', 'parts/site.conf', 'parts/limits.conf', 'parts/rule.conf'];
  t.strictSame(
    files,
    parts.map((name) => fixturePath(`config/valid/${name}`)),
  );
});

t.test('includes are bounded in depth and number', async (t) => {
  const chain = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`etc/${index}`, `include "${index + 1}"`]),
  );
  t.match(await faultsOf(load('include "0"', {}, chain)), /^etc\/15:1:1: expected at most 16 files inside each other$/);
  const wide = await faultsOf(load('include "x"\n'.repeat(300), {}, { 'etc/x': '' }));
  t.match(wide, /^etc\/v\.conf:256:1: expected at most 256 files in all\n/);
  const twice = 'include "v.conf"\n'.repeat(30);
  t.equal((await faultsOf(load(twice))).split('\n').length, 30, 'a circle is not followed');
});

t.test('times need their unit, sizes are bytes without one, and both have bounds', async (t) => {
  const times = { '300ms': 300, '60s': 60_000, '5m': 300_000, '1h30m': 5_400_000, '1d': 86_400_000 };
  for (const [text, expected] of Object.entries(times)) t.equal(parseDuration(text), expected, text);
  for (const text of ['', '60', 's', '1.5s', '-1s', '1S', '1w', '1s 2m']) t.equal(parseDuration(text), undefined, text);
  const sizes = { '0': 0, '1024': 1024, '7b': 7, '10KB': 10_240, '256 mb': 256 * 1024 ** 2, '1GB': 1024 ** 3 };
  for (const [text, expected] of Object.entries(sizes)) t.equal(parseSize(text), expected, text);
  for (const text of ['', 'KB', '1.5MB', '-1', '1TB', '1K', '1e3']) t.equal(parseSize(text), undefined, text);
  t.match(await bridge('keepalive = 65535s, backoff_max = 1d'), { keepAliveS: 65_535, backoffMsMax: 86_400_000 });
  t.match(await bridge('keepalive = 1500ms, cancel_timeout = 5000'), { keepAliveS: 2, acknowledgeTimeoutMs: 5000 });
  t.match(await bridge('keepalive = 0s, cancel_timeout = 0'), { keepAliveS: 0, acknowledgeTimeoutMs: 0 });
  t.match(await faultsOf(load('bridges.mqtt.b { server = h, keepalive = 65536s }')), /from 0s to 65535s$/);
});

t.test('numbers and words are both flags, and a flag that is neither is told', async (t) => {
  for (const on of ['true', 'on', 'yes', '1', 'TRUE'])
    t.match(await bridge(`clean_start = ${on}`), { cleanStart: true });
  for (const off of ['false', 'off', 'no', '0']) t.match(await bridge(`clean_start = ${off}`), { cleanStart: false });
  t.match(await faultsOf(load('auth.allow_anonymous = constructor')), /= constructor: expected true or false$/);
  t.match(await faultsOf(load('mqtt.toString = 1')), /^etc\/v\.conf:1:1: mqtt\.toString = 1: unknown key/);
  t.match(await faultsOf(load('log.level = toString')), /= toString: expected one of trace/);
});

t.test('the remote of a bridge with TLS is verified unless that is switched off, which is noted', async (t) => {
  const { config } = await load('bridges.mqtt.b.server = "mqtts://h"');
  t.strictSame(config.bridges[0]?.tls, { isPeerVerified: true, isCertificateRequired: false });
  const { config: withBlock } = await loadFixture('valid/tls-bridge.conf');
  t.equal(withBlock.bridges[0]?.tls?.isPeerVerified, true, 'a section ssl that does not say so changes nothing');
  const off = await load('bridges.mqtt.b { server = "mqtts://h", clientid = c\n ssl.verify_peer = false }');
  t.equal(off.config.bridges[0]?.tls?.isPeerVerified, false);
  t.match(off.notes, [
    { file: 'etc/v.conf', line: 2, column: 2, path: 'bridges.mqtt.b.ssl.verify_peer', text: /not verified/ },
  ]);
});

t.test('what is accepted and means something else here is noted, with its place', async (t) => {
  const { notes } = await loadFixture('valid/every-bridge-key.conf');
  const told = notes.map(({ line, path, text }) => `${line} ${path.replace('bridges.mqtt.plant7.', '')}: ${text}`);
  t.match(
    told.join('\n'),
    /^82 resend_interval: Viaduct sends .* when it has reconnected, never on a live connection$/m,
  );
  t.match(told.join('\n'), /^79 max_parallel_processes: so many connections, each with a client id of its own/m);
  t.match(told.join('\n'), /^6 clientid: \$\{VIN\} stays as it is: the variable NANOMQ_VIN is not set$/m);
  const noted = async (text: string): Promise<readonly string[]> => (await load(text)).notes.map(({ path }) => path);
  t.strictSame(await noted('bridges.mqtt.b { server = h, clientid = c, max_parallel_processes = 1 }'), []);
  t.strictSame(await noted('bridges.mqtt.b { server = h }'), ['bridges.mqtt.b'], 'a client identifier by default');
  const old = 'bridges.mqtt.b { server = h, clientid = c, proto_ver = 4, conn_properties { receive_maximum = 1 } }';
  t.strictSame(await noted(old), ['bridges.mqtt.b.conn_properties'], 'properties that 3.1.1 does not have');
  t.strictSame(await noted('listeners.ssl { enable = false, verify_peer = true }'), ['listeners.ssl.verify_peer']);
});

t.test('variables stand in for keys, win over the file, and are named in faults', async (t) => {
  const text = 'bridges.mqtt { Plant-7 { server = "mqtt-tcp://file" }, x.server = ${bridges.mqtt.Plant-7.server} }';
  const { config } = await load(text, {
    VIADUCT_BRIDGES__MQTT__PLANT_7__SERVER: 'mqtt-tcp://variable',
    VIADUCT_LOG__LEVEL: 'debug',
    NANOMQ_BROKER_URL: 'nmq-tcp://127.0.0.1:1885',
    NANOMQ_ALLOW_ANONYMOUS: 'false',
  });
  t.strictSame(
    config.bridges.map(({ name, host }) => `${name} ${host}`),
    ['Plant-7 variable', 'x file'],
  );
  t.match(config, { log: { level: 'debug' }, auth: { isAnonymousAllowed: false } });
  t.strictSame(config.listeners, [{ name: 'tcp.default', host: '127.0.0.1', port: 1885 }]);
  const wrong = await faultsOf(load('', { VIADUCT_MQTT__MAX_MQUEUE_LEN: 'many', VIADUCT_LOG_LEVEL: 'x' }));
  t.match(wrong, /^environment variable VIADUCT_LOG_LEVEL: log_level = x: unknown key/m);
  t.match(wrong, /^environment variable VIADUCT_MQTT__MAX_MQUEUE_LEN: mqtt\.max_mqueue_len = many: expected a whole/m);
  t.match(
    await faultsOf(load('', { VIADUCT_BRIDGES__MQTT__B__PASSWORD: 's3cret' })),
    /B__PASSWORD: bridges\.mqtt\.b\.server/,
  );
});

t.test('variables that are no keys change nothing', async (t) => {
  const plain = await load('');
  const others = { VIADUCT_SERVICE_HOST: '10.0.0.1', VIADUCT_PORT_1883_TCP: 'tcp://10.0.0.1:1883', toString: 'x' };
  t.strictSame((await load('', { ...others, NANOMQ_TLS_ENABLE: 'false' })).config, plain.config);
  const tls = { NANOMQ_TLS_ENABLE: 'true', NANOMQ_TLS_CERT_PATH: 'k', NANOMQ_TLS_KEY_PATH: 'k' };
  const both = await load('', tls, { 'etc/k': 'PEM' });
  t.strictSame(
    both.config.listeners.map(({ name }) => name),
    ['tcp.default', 'ssl.default'],
    'one more listener takes none away',
  );
  const bound = await load('listeners.tcp.bind = 5', { NANOMQ_BROKER_URL: 'nmq-tcp://h:6' });
  t.strictSame(bound.config.listeners, [{ name: 'tcp.default', host: 'h', port: 6 }], 'the one that stands alone');
});

const keys = [
  'bridges',
  'mqtt',
  'b',
  'cache',
  'server',
  'ssl',
  'forwards',
  'local_topic',
  'will',
  'topic',
  'listeners',
  'tcp',
  'default',
];
const more = [
  'auth',
  'password',
  'acl',
  'rules',
  'topics',
  'and',
  'log',
  'to',
  'enable',
  '__proto__',
  'constructor',
  'x.y',
  '',
];

t.test('no configuration fails with anything but a ConfigError', async () => {
  const leaf = fc.oneof(
    fc.constantFrom(
      'true',
      'off',
      '1883',
      '60s',
      '10MB',
      'mqtt-tcp://h',
      'mqtts://u:p@h',
      'a/#',
      '',
      'null',
      '\0',
      '\ud800',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 6 }, leaf, tie('object'), fc.array(tie('node'), { maxLength: 3 })),
    object: fc.dictionary(fc.constantFrom(...keys, ...more), tie('node'), { maxKeys: 5, noNullPrototype: true }),
  }));
  const root = fc.dictionary(fc.constantFrom(...keys, ...more), node, {
    minKeys: 1,
    maxKeys: 5,
    noNullPrototype: true,
  });
  const variable = fc.constantFrom(
    'VIADUCT_AUTH__ACL',
    'VIADUCT___',
    'VIADUCT_A__CONSTRUCTOR',
    'NANOMQ_TLS_URL',
    '__proto__',
  );
  const property = fc.asyncProperty(root, fc.dictionary(variable, leaf, { maxKeys: 2 }), async (json, environment) => {
    const faults = await faultsOf(load(JSON.stringify(json), environment));
    return faults !== '' && !faults.split('\n').includes('');
  });
  await fc.assert(property, { numRuns: 600 });
});
