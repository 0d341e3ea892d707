// Analysis: what nobody can have meant is told with its place and what to do, and what is fine is left alone.
// Circles are looked for within one bridge, over two bridges to one remote, and through a chain.
import t from 'tap';
import { loadConfig } from '../../../src/config/load.ts';
import { peerProfiles, profileOf } from '../../../src/config/peer-profiles.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

/** What is said about bridges, by path, without the notes on single keys. */
async function told(text: string): Promise<readonly string[]> {
  const disk = new MemoryDisk({ 'v.conf': text });
  const { notes } = await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' });
  return notes
    .filter(({ path, text }) => !/clientid it is|raises messages|so many connections/.test(text) && isOfBridge(path))
    .map(({ line, path, text: said }) => `${line} ${path.replace('bridges.mqtt.', '')}: ${said}`);
}

function isOfBridge(path: string): boolean {
  return path.startsWith('bridges');
}

function bridge(name: string, more: string, server = 'mqtt-tcp://h:1883'): string {
  return `bridges.mqtt.${name} { server = "${server}", clientid = ${name}\n${more}\n}\n`;
}

t.test('a subscription rule that earlier ones leave nothing to is unreachable', async (t) => {
  const rules = `subscription = [
    { remote_topic = "cmd/#", local_topic = "" }
    { remote_topic = ["cmd/a/{x}", "cmd/b"], local_topic = "other/$#x" , enable = false }
    { remote_topic = ["cmd/a/+", "cmd/b"], local_topic = "z" }
    { remote_topic = ["cmd/a/+", "ack/b"], local_topic = "z" }
  ]`.replace('other/$#x', 'other');
  t.match(await told(bridge('c', rules)), [
    /^5 c\.subscription\.2: never gets a message: bridges\.mqtt\.c\.subscription\.0 takes all of cmd\/a\/\+ before it/,
  ]);
});

t.test('forward rules that send a message twice under one topic are told', async (t) => {
  const rules = (second: string): string =>
    bridge('c', `forwards = [ { local_topic = "a/#", remote_topic = "" }\n${second} ]`);
  t.match(await told(rules('{ local_topic = "a/+", remote_topic = "" }')), [
    /^3 c\.forwards\.1: sends what matches a\/# too a second time/,
  ]);
  t.same(await told(rules('{ local_topic = "b/+", remote_topic = "" }')), []);
  t.same(await told(rules('{ local_topic = "a/+", remote_topic = "b/$1" }')), []);
});

t.test('circles are told unless the bridge itself breaks them', async (t) => {
  const both = `forwards = [ { local_topic = "#", remote_topic = "" } ]
    subscription = [ { remote_topic = "#", local_topic = "" NOLOCAL } ]`;
  t.same(await told(bridge('c', both.replace('NOLOCAL', ''))), [], '5.0 with no local');
  t.match(await told(bridge('c', both.replace('NOLOCAL', ', nolocal = false'))), [
    /c\.forwards\.0: its own messages come back from the remote; set nolocal = true/,
  ]);
  const old = `proto_ver = 4\n${both.replace('NOLOCAL', '')}`;
  const ring = /c: carries everything both ways .* in a ring of three they go round for ever; set proto_ver = 5/;
  t.match(await told(bridge('c', `no_local_v4 = false\n${old}`)), [/set no_local_v4 = true or proto_ver = 5/, ring]);
  t.match(await told(bridge('c', `no_local_v4 = true\n${old}`)), [ring], '3.1.1 with the bridge bit');
  const apart =
    'forwards = [ { local_topic = "up/#", remote_topic = "" } ]\nsubscription = [ { remote_topic = "up/#", local_topic = "", nolocal = false, prefix = "down/" } ]';
  t.same(await told(bridge('c', apart)), [], 'topics that differ');
});

t.test('a circle over two bridges to one remote is told, whatever they hold back themselves', async (t) => {
  const out = 'forwards = [ { local_topic = "x/#", remote_topic = "y/#" } ]';
  const back = (to: string): string => `subscription = [ { remote_topic = "y/#", local_topic = "${to}/#" } ]`;
  t.match(await told(bridge('a', out) + bridge('b', back('x'), 'mqtt-tcp://H:1883')), [
    /^2 a\.forwards\.0: a circle over several bridges; .*comes back by bridges\.mqtt\.b\.subscription\.0$/,
  ]);
  t.same(await told(bridge('a', out) + bridge('b', back('z'))), []);
  t.same(await told(bridge('a', out) + bridge('b', back('x'), 'mqtt-tcp://other:1883')), []);
});

t.test('what a well-known remote does not take is told', async (t) => {
  const aws = 'x-ats.iot.eu-west-1.amazonaws.com';
  const rules = `keepalive = 10s
    forwards = [
      { local_topic = "a/#", remote_topic = "1/2/3/4/5/6/7/8/9", qos = 2 }
      { local_topic = b, remote_topic = "", qos = 2, qos_max = 1 }
    ]
    subscription = [ { remote_topic = "c", local_topic = "", qos = 2 } ]`;
  t.match(await told(bridge('c', rules, `mqtt-tcp://${aws}:8883`)), [
    /c\.forwards\.0: does not say in its remote_topic all that its filter takes/,
    /server: AWS IoT Core only talks TLS; use tls\+mqtt-tcp/,
    /c: AWS IoT Core takes a keepalive from 30s to 1200s; 10s is not/,
    /c\.forwards\.0: AWS IoT Core takes QoS 1 at most; set qos_max = 1/,
    /c\.subscription\.0: AWS IoT Core grants QoS 1 at most; set qos = 1/,
    /c\.forwards\.0: AWS IoT Core takes topics with 7 slashes at most; .* has 8; use flatten/,
  ]);
  t.equal(profileOf('ABC.s1.eu.hivemq.cloud')?.name, 'HiveMQ Cloud');
  t.equal(profileOf('hivemq.cloud.example'), undefined);
  t.equal(new Set(peerProfiles.map(({ name }) => name)).size, peerProfiles.length);
});

t.test('client ids that two connections have at one server are told, those of lanes too', async (t) => {
  const named = (name: string, more: string, server?: string): string =>
    bridge(name, more, server).replace(`clientid = ${name}`, '');
  const lanes = (id: string, count: number): string => `clientid = "${id}"\nmax_parallel_processes = ${count}`;
  t.match(await told(named('a', lanes('gate', 3)) + named('b', lanes('gate-2', 1))), [
    /^5 b: b has the client id gate-2, as lane 2 of a has at the same server: .*; set clientid$/,
  ]);
  t.same(await told(named('a', lanes('gate', 3)) + named('b', lanes('gate-4', 1))), []);
  t.same(await told(named('a', lanes('gate', 3)) + named('b', lanes('gate', 1), 'mqtt-tcp://other:1883')), []);
  const backup = 'hybrid_bridging = true\nhybrid_servers = [ { server = "mqtt-tcp://H:1883", clientid = gate } ]';
  t.match(await told(named('a', lanes('gate', 2)) + bridge('b', backup, 'mqtt-tcp://other:1883')), [
    /^5 b: b has the client id gate, as a has/,
  ]);
  const both = `proto_ver = 3\n${lanes('a-name-of-just-23-signs', 12)}`;
  t.match(await told(named('a', both) + named('b', lanes('a-name-of-just-23-si-12', 1))), [/as lane 12 of a has/]);
});

t.test('lanes of which all messages would take one are told', async (t) => {
  const rules = (order: string): string =>
    bridge(
      'c',
      `max_parallel_processes = 4, lane_order = "${order}"
      forwards = [ { local_topic = "plant/{line}/#", remote_topic = "" } ]`,
    );
  t.match(await told(rules('line')), [
    /^3 c\.forwards\.0: lane_order = "line" is the same for all that this rule takes: .*; use a capture/,
  ]);
  for (const order of ['{line}', '$1', '$#', 'line-$1', 'topic', 'publisher'])
    t.same(await told(rules(order)), [], order);
  t.same(await told(rules('line').replace('= 4', '= 1')), [], 'with one lane there is nothing to be told');
});

t.test('more connections or subscriptions than a well-known remote takes are told', async (t) => {
  const serverless = 'tls+mqtt-tcp://x.ala.eu-central-1.emqxsl.com:8883';
  const many = Array.from({ length: 20 }, (_, index) => bridge(`b${index}`, 'max_parallel_processes = 51', serverless));
  t.match(await told(many.join('')), [/b19: EMQX Serverless takes 1000 connections at most; .* 1020 by here; lower/]);
  t.match(await told(bridge('c', 'max_parallel_processes = 2', 'tls+mqtt-tcp://x.azure-devices.net:8883')), [
    /c: Azure IoT Hub knows a device by its client id: only the first of 2 lanes gets in/,
  ]);
  const filters = Array.from({ length: 11 }, (_, index) => `"cmd/${index}"`).join();
  const rules = `subscription = [ { remote_topic = [${filters}], local_topic = "" } ]`;
  t.match(await told(bridge('c', rules, serverless)), [
    /takes 10 subscriptions of one connection at most; there are 11/,
  ]);
});

t.test('a rule that raises a QoS is told', async (t) => {
  const text = bridge(
    'c',
    'forwards = [ { local_topic = a, remote_topic = "", qos = 1 }, { local_topic = b, remote_topic = "", qos_max = 1 } ]',
  );
  const disk = new MemoryDisk({ 'v.conf': text });
  const { notes } = await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' });
  t.match(notes, [
    { file: 'v.conf', line: 2, path: 'bridges.mqtt.c.forwards.0', text: /^raises messages of QoS 0 to 1/ },
  ]);
  t.equal(notes.length, 1);
});

t.test('a transparent bridge without bounds is told, and a rule that takes what devices would ask for', async (t) => {
  t.match(await told(bridge('c', 'transparent = true')), [
    /^2 c\.transparent: a device that subscribes to # brings in everything/,
  ]);
  const rules = (topic: string): string => `transparent = true, transparent_filters = ["cmd/#"]
    subscription = [ { remote_topic = "cmd/a", local_topic = "${topic}" } ]`;
  t.match(await told(bridge('c', rules('here'))), [
    /c\.subscription\.0: gives what matches cmd\/a other topics, .*leave it out of transparent_filters/,
  ]);
  t.same(await told(bridge('c', rules(''))), []);
  await t.rejects(told(bridge('c', 'transparent_filters = ["$SYS/#"]')), /is about topics of the broker itself/);
});
