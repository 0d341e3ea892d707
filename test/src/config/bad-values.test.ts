// Bad values: whatever stands at a key of a bridge that cannot be used is refused when the configuration is read, with
// its line, and never first when the bridge is opened. Which keys there are the schema says itself, so that a new one
// is tried from its first day.
import t from 'tap';
import { ConfigError, type ConfigFault } from '../../../src/base/errors.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

/** Where keys of a bridge stand: the path, and what must be there besides, with room for one more key. */
const places: readonly (readonly [path: string, around: string])[] = [
  ['', 'KEY'],
  ['ssl', 'server = "mqtts://h", ssl {\nKEY\n}'],
  ['tcp', 'tcp {\nKEY\n}'],
  ['conn_properties', 'conn_properties {\nKEY\n}'],
  ['sub_properties', 'sub_properties {\nKEY\n}'],
  ['will', 'will { topic = a, payload = b\nKEY\n}'],
  ['will.properties', 'will { topic = a, payload = b, properties {\nKEY\n} }'],
  ['hybrid_servers.0', 'hybrid_bridging = true, hybrid_servers = [ { server = "mqtt://o"\nKEY\n} ]'],
  ['forwards.0', 'forwards = [ { local_topic = a, remote_topic = ""\nKEY\n} ]'],
  ['subscription.0', 'subscription = [ { remote_topic = a, local_topic = ""\nKEY\n} ]'],
  ['schedule', 'schedule {\nKEY\n}'],
  ['connect_when', 'connect_when { messages = 1\nKEY\n}'],
  ['budget', 'budget { bytes = 1MB\nKEY\n}'],
  ['on_refusal', 'on_refusal {\nKEY\n}'],
  ['on_link_refusal', 'on_link_refusal {\nKEY\n}'],
  ['dead_letters', 'dead_letters {\nKEY\n}'],
  ['replay', 'replay {\nKEY\n}'],
  ['ledger', 'ledger {\nKEY\n}'],
  ['trace', 'trace {\nKEY\n}'],
];

/** Good for no key: a text that MQTT cannot carry, and an object that no section has. */
const badValues = ['"\\u0000"', '{ nonsense { a = 1 } }'] as const;

async function faultsOf(text: string): Promise<readonly ConfigFault[]> {
  const disk = new MemoryDisk({ 'v.conf': text });
  try {
    await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

function bridge(around: string, key: string): { readonly text: string; readonly line: number } {
  const text = `bridges.mqtt.b {\nserver = "mqtt-tcp://h", clientid = b\n${around.replace('KEY', () => key)}\n}`;
  return { text, line: text.slice(0, text.indexOf(key)).split('\n').length };
}

/** The keys of a place, as its schema tells them to whoever writes another one. */
async function keysOf(around: string): Promise<readonly string[]> {
  const found = await faultsOf(bridge(around, `${'z'.repeat(60)} = 1`).text);
  const [, keys = ''] = /expected one of (.*)$/.exec(found[0]?.expected ?? '') ?? [];
  return keys.split(', ').filter((key) => key !== '');
}

/** What is said of a bad value where it is not said as it should be; undefined where it is. */
async function missing(path: string, around: string, entry: string): Promise<string | undefined> {
  const { text, line } = bridge(around, entry);
  const [key = ''] = entry.split(' = ');
  const whole = ['bridges.mqtt.b', path, key].filter((one) => one !== '').join('.');
  const faults = await faultsOf(text);
  const isTold = faults.some((fault) => {
    const isThere = fault.file === 'v.conf' && fault.line === line && fault.path.startsWith(whole);
    return isThere && /expected|unknown|not available|no address/.test(fault.expected);
  });
  return isTold ? undefined : `${path} ${entry}: ${faults.map(({ expected }) => expected).join() || 'taken'}`;
}

t.test('every key of a bridge refuses a bad value, with file, line, key and what was expected', async (t) => {
  let tried = 0;
  for (const [path, around] of places) {
    const keys = await keysOf(around);
    t.not(keys.length, 0, `${path} has keys`);
    const entries = keys.flatMap((key) => badValues.map((value) => `${key} = ${value}`));
    const wrong = await Promise.all(entries.map((entry) => missing(path, around, entry)));
    t.same(
      wrong.filter((one) => one !== undefined),
      [],
    );
    tried += entries.length;
  }
  t.ok(tried > 400, `${tried} values`);
});

t.test('what looks right and could not be opened is refused, at the key that is wrong', async (t) => {
  const rule = 'forwards = [ { local_topic = "a/+", remote_topic = "" } ]';
  for (const [keys, path, expected] of [
    [`lane_order = "$7", ${rule}`, 'lane_order', /expected topic, publisher, or .* as \$1; forwards\.0: .*'\+'/],
    [`lane_order = "{site}", ${rule}`, 'lane_order', /the names in its filter are: none/],
    ['username = u, password = x, password_file = y', 'password_file', /expected one of password/],
    ['proto_ver = 4, password_file = y', 'password_file', /expected a username/],
    ['password_command = []', 'password_command', /expected a program/],
    ['ws_headers { a = b }', 'ws_headers', /expected a server = "ws/],
    ['server = "ws://h", ws_headers { "a b" = c }', 'ws_headers', /expected headers of HTTP/],
    ['server = "ws://h", ws_headers { a = "c\\r\\nd: e" }', 'ws_headers', /expected headers of HTTP/],
    ['backoff_min = 70s', 'backoff_min', /at most backoff_max/],
    ['rate_burst = 1s', 'rate_burst', /expected messages_rate or bytes_rate/],
    ['hybrid_bridging = true', 'hybrid_bridging', /expected hybrid_servers/],
    ['auth_method = scram-sha-256, username = u', 'auth_method', /a password beside auth_method/],
    ['ssl { }', 'server', /ssl is on but the address is not encrypted/],
    ['server = "mqtts://h", ssl { psk = "00112233445566778899aabbccddeeff" }', 'ssl.psk', /psk_identity and psk/],
    ['server = "mqtts://h", ssl { certfile = x }', 'ssl.certfile', /certfile and keyfile together/],
    [
      'server = "mqtts://h", ssl { psk_identity = a, psk = "00112233445566778899aabbccddeeff", tls_version_min = "1.3" }',
      'ssl.tls_version_min',
      /expected 1\.2 beside psk/,
    ],
    ['proxy = "socks5://a%zz@h"', 'proxy', /expected a proxy/],
    ['loop_property = ""', 'loop_property', /the name of a user property/],
    ['keepalive = 7', 'keepalive', /a time with its unit/],
    ['will { topic = "a/#", payload = b }', 'will.topic', /holds a wildcard/],
  ] as const) {
    const faults = await faultsOf(bridge('KEY', keys).text);
    const shown = faults.map((fault) => `${fault.line} ${fault.path}: ${fault.expected}`).join('\n');
    const fault = faults.find((one) => one.path === `bridges.mqtt.b.${path}` && one.line === 3);
    t.match(fault?.expected ?? shown, expected, keys);
  }
});

t.test('the name of a bridge stands in topics and paths: it has no signs that mean something there', async (t) => {
  for (const name of ['a/b', 'a+', '#', 'a.b', 'x'.repeat(65)]) {
    const [fault] = await faultsOf(`bridges.mqtt."${name}" { server = "mqtt-tcp://h" }`);
    t.match(fault?.expected, /expected a name of 1 to 64/, name);
  }
  t.same(await faultsOf('bridges.mqtt.Plant-7_b { server = "mqtt-tcp://h" }'), []);
});
