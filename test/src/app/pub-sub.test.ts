// `viaduct pub` and `viaduct sub` with mosquitto's flags, over a network in memory: what they send, print and leave
// out, and what they say to wrong values before anything is dialled.
import t from 'tap';
import { bytesOf, bytesOfText } from '../../../protocol/wire/bytes.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import type { Command, CommandIo } from '../../../src/app/commands/command-io.ts';
import { takePropertyFlags } from '../../../src/app/commands/property-flags.ts';
import { pub } from '../../../src/app/commands/pub.ts';
import { sub } from '../../../src/app/commands/sub.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { Disk } from '../../../src/ports/ports.ts';
import { Chance } from '../../kit/chance.ts';
import { grantAll, ScriptedServer } from '../../kit/five-client.ts';
import { publishOf, World } from '../../kit/world.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

/** A shell in which a command runs in a world. */
class Shell {
  out = '';
  readonly complaints: string[] = [];
  readonly abort: AbortController = new AbortController();
  readonly #world: World;
  readonly #input: string;
  readonly #disk: Disk;

  constructor(world: World, input = '', disk: Disk = world.ports.disk) {
    this.#world = world;
    this.#input = input;
    this.#disk = disk;
  }

  /** Runs it; time passes until it ends, 20 s at most. Returns its exit code, or its error in words. */
  async run(command: Command, ...args: readonly string[]): Promise<number | string> {
    let ended: number | string | undefined;
    const running = command.run(args, this.#io()).then(
      (code) => {
        ended = code;
      },
      (error: unknown) => {
        ended = messageOf(error);
      },
    );
    for (let step = 0; step < 2000 && ended === undefined; step++) await this.#world.clock.advance(10);
    if (ended === undefined) this.abort.abort();
    await this.#world.clock.advance(6000);
    await running;
    return ended ?? 'aborted';
  }

  #io(): CommandIo {
    const input = bytesOfText(this.#input);
    return {
      ports: { ...this.#world.ports, disk: this.#disk },
      environment: {},
      hostname: 'here',
      isTerminal: false,
      signal: this.abort.signal,
      write: (text) => {
        this.out += typeof text === 'string' ? text : bytesOf(text).toString();
      },
      complain: (line) => this.complaints.push(line),
      input: (async function* all() {
        yield input;
      })(),
      onReload: () => undefined,
    };
  }
}

const at = ['-h', '127.0.0.1'] as const;

async function listening(world: World, ...args: readonly string[]): Promise<{ shell: Shell; done: Promise<unknown> }> {
  const shell = new Shell(world);
  const done = shell.run(sub, ...at, ...args);
  await world.clock.settle();
  return { shell, done };
}

t.test('a message comes through with its properties, as often as it is repeated, at its pace', async (t) => {
  const server = await ScriptedServer.open();
  const sent: Packet[] = [];
  const times: number[] = [];
  server.onPacket = (packet) => {
    sent.push(packet);
    times.push(server.world.clock.now());
  };
  const shell = new Shell(server.world);
  const properties = ['-D', 'publish', 'content-type', 'text', '-D', 'publish', 'user-property', 'a', 'b'];
  const more = ['-D', 'publish', 'user-property', 'c', 'd', '--property', 'disconnect', 'session-expiry-interval', '9'];
  const will = ['--will-topic', 'w', '--will-payload', 'gone', '-D', 'will', 'will-delay-interval', '5'];
  const repeat = ['--repeat', '2', '--repeat-delay', '0.5'];
  const who = ['-I', 'me-', '-x', '-1', '-D', 'connect', 'receive-maximum', '7', '-L', 'mqtt://u%40x:p@127.0.0.1/t'];
  t.equal(await shell.run(pub, ...who, '-m', '-5', ...properties, ...more, ...will, ...repeat), 0);
  const userProperties = [
    ['a', 'b'],
    ['c', 'd'],
  ];
  const message = { topic: 't', payload: Buffer.from('-5'), properties: { contentType: 'text', userProperties } };
  t.match(sent, [message, message, { type: PacketType.disconnect, properties: { sessionExpiryInterval: 9 } }]);
  t.ok((times[1] ?? 0) - (times[0] ?? 0) >= 500);
  const [connect] = server.peer.packets;
  t.match(connect, {
    clientId: /^me-[0-9a-f]{8}$/,
    username: 'u@x',
    password: Buffer.from('p'),
    properties: { receiveMaximum: 7, sessionExpiryInterval: 0xffff_ffff },
    will: { topic: 'w', payload: Buffer.from('gone'), properties: { willDelayInterval: 5 } },
  });
});

t.test('a file is published byte for byte', async (t) => {
  const server = await ScriptedServer.open();
  const sent: Packet[] = [];
  server.onPacket = (packet) => sent.push(packet);
  const disk = new FaultyDisk(new Chance(1));
  const file = await disk.open('/raw');
  await file.append([bytesOf(Buffer.from([0xff, 0xfe, 0, 0x80]))]);
  await file.close();
  t.equal(await new Shell(server.world, '', disk).run(pub, ...at, '-t', 'a', '-f', '/raw'), 0);
  t.match(sent[0], { payload: Buffer.from([0xff, 0xfe, 0, 0x80]) });
});

t.test('retained messages alone, none of them, or removed; and topics that are left out', async (t) => {
  const world = new World();
  await world.openBroker();
  for (const topic of ['a/1', 'a/2']) {
    t.equal(await new Shell(world).run(pub, ...at, '-t', topic, '-m', `kept ${topic}`, '-r', '-q', '1'), 0);
  }
  const kept = await listening(world, '-t', 'a/#', '--retained-only', '-W', '1');
  const fresh = await listening(world, '-t', 'a/#', '-R', '-T', 'a/2', '-C', '1');
  await world.clock.advance(100);
  const telling = new Shell(world).run(pub, ...at, '-t', 'a/1', '-m', 'now');
  await Promise.all([telling, kept.done, fresh.done]);
  const removing = await listening(world, '-L', 'mqtt://127.0.0.1/a/%2b', '--remove-retained', '-T', 'a/2', '-C', '1');
  await removing.done;
  t.equal(kept.shell.out, 'kept a/1\nkept a/2\n');
  t.equal(fresh.shell.out, 'now\n');
  t.equal(removing.shell.out, 'kept a/1\n');
  const left = await listening(world, '-t', 'a/#', '-W', '1');
  await left.done;
  t.equal(left.shell.out, 'kept a/2\n');
});

t.test('a retained message that a session brings together with CONNACK is removed too', async (t) => {
  const server = await ScriptedServer.open();
  server.hasSession = true;
  const removed: Packet[] = [];
  server.onPacket = (packet, peer) => {
    grantAll(packet, peer);
    if (packet.type !== PacketType.publish) return;
    removed.push(packet);
    peer.send({ type: PacketType.puback, packetId: packet.packetId, reasonCode: 0, properties: {} });
  };
  const { world } = server;
  const shell = new Shell(world);
  server.early = [publishOf('a/1', 'kept', { retain: true })];
  const args = ['-c', '-i', 'me', '-t', 'a/#', '--remove-retained', '-C', '1'];
  t.equal(await shell.run(sub, ...at, ...args), 0);
  t.equal(shell.out, 'kept\n');
  t.match(removed, [{ topic: 'a/1', retain: true, payload: { length: 0 } }]);
});

t.test('a session is kept with -c, and its subscriptions end with -U', async (t) => {
  const world = new World();
  await world.openBroker();
  const who = ['-c', '-i', 'me', '-q', '1'] as const;
  t.equal(await new Shell(world).run(sub, ...at, ...who, '-t', 'a', '-t', 'b', '-E'), 0);
  t.equal(await new Shell(world).run(sub, ...at, ...who, '-U', 'a', '-E'), 0);
  for (const topic of ['a', 'b']) await new Shell(world).run(pub, ...at, '-t', topic, '-m', topic, '-q', '1');
  const again = await listening(world, ...who, '-t', 'c', '-t', 'b', '-W', '1');
  await again.done;
  t.equal(again.shell.out, 'b\n');
});

t.test('no session stays behind where none was asked for', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const sessions = (): number => broker.status.sessions;
  t.equal(await new Shell(world).run(pub, ...at, '-t', 'a', '-m', 'x', '-q', '1'), 0);
  t.equal(await new Shell(world).run(sub, ...at, '-t', 'a', '-q', '1', '-E'), 0);
  t.equal(sessions(), 0);
  t.equal(await new Shell(world).run(pub, ...at, '-x', '60', '-t', 'a', '-m', 'x', '-q', '1'), 0);
  t.equal(sessions(), 1);
});

const wrong: readonly (readonly [Command, string, RegExp])[] = [
  [pub, '-t a -m x -D publish colour red', /-D publish colour: expected one of payload-format-indicator, .*user-prop/],
  [pub, '-t a -m x -D puback reason-string x', /-D puback: expected COMMAND PROPERTY VALUE, COMMAND one of connect/],
  [pub, '-t a -m x -D publish message-expiry-interval soon', /a whole number from 0 to 4294967295/],
  [pub, '-t a -m x -D connect receive-maximum 0', /-D connect: .*receiveMaximum/],
  [pub, '-t a -m x -D publish user-property a', /-D publish user-property: expected NAME VALUE/],
  [pub, '-t a -m x -D publish content-type a -D publish content-type b', /-D content-type: expected it once/],
  [pub, '-t a -m x -V mqttv311 -D publish content-type a', /-D publish: properties need -V mqttv5/],
  [pub, '-t a -m x -V 6', /--protocol-version 6: expected mqttv5, mqttv311 or mqttv31/],
  [pub, '-t a -m x -L mqtt://127.0.0.1 --cafile /c', /--cafile with mqtt:.*: expected mqtts:/],
  [pub, '-t a -l --repeat 2', /--repeat and -l: expected one of them/],
  [pub, '-t a -m x --repeat-delay soon', /--repeat-delay soon: expected seconds/],
  [pub, '-t a -m x --will-payload x', /a will needs a topic/],
  [pub, '-t a -m x --cert /c', /--cert and --key: expected both|\/c/],
  [pub, '-t a -m x --capath /nowhere', /--capath \/nowhere: expected a directory with certificates/],
  [pub, '-t a -m x --tls-version tlsv1.1', /--tls-version tlsv1.1: expected tlsv1.2 or tlsv1.3/],
  [pub, '-t a -m x -i a -I b', /-i and -I: expected one of them/],
  [pub, '-m x -L mqtt://h/%zz', /--url: %zz has a % that is none/],
  [pub, '-m x -L mqtt://h', /exactly one topic is needed/],
  [
    pub,
    '-t a -m x -x 0 -D disconnect session-expiry-interval 9',
    /-D disconnect session-expiry-interval: .*expected -x/,
  ],
  [sub, '-t a -x 0 -D disconnect session-expiry-interval 9', /the session ends with its connection/],
  [sub, '-t a -c', /-c needs a client id/],
  [sub, '-t a -R --retained-only', /nothing would be left/],
  [sub, '-t a -T a/#/b', /--filter-out a\/#\/b: the filter/],
  [sub, '', /at least one filter is needed/],
];

for (const [command, line, expected] of wrong) {
  t.test(`viaduct ${command.name} ${line} says what was expected, and dials nobody`, async (t) => {
    const server = await ScriptedServer.open();
    t.match(await new Shell(server.world).run(command, ...line.split(' ').filter((word) => word !== '')), expected);
    t.equal(server.peers.length, 0);
  });
}

t.test('the help fits a terminal of 80 columns', (t) => {
  for (const { name, help } of [pub, sub]) {
    t.same(
      help.split('\n').filter((line) => line.length > 80),
      [],
      name,
    );
  }
  t.same(takePropertyFlags(['-x', 'y']).rest, ['-x', 'y']);
  t.end();
});
