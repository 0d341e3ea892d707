// A client machine and a server machine, and between them a link that loses what is underway whenever the model says
// so. Whatever happens, in both directions: QoS 2 exactly once, QoS 1 at least once, first arrivals in order, and never
// a repeat on a live link.
import fc from 'fast-check';
import t from 'tap';
import { writeAliasedRun } from '../../../protocol/connection/aliased-run.ts';
import { ClientConnection } from '../../../protocol/connection/client-connection.ts';
import { OutboundAliases } from '../../../protocol/connection/outbound-aliases.ts';
import type { ReceivedPublish } from '../../../protocol/connection/received-publish.ts';
import { ServerConnection } from '../../../protocol/connection/server-connection.ts';
import type { SendEntry } from '../../../protocol/session/send-entry.ts';
import { Session } from '../../../protocol/session/session.ts';
import { type Bytes, bytesOf, bytesOfText, emptyBytes, joinBytes } from '../../../protocol/wire/bytes.ts';
import { encodePacket } from '../../../protocol/wire/codec.ts';
import { FrameScanner } from '../../../protocol/wire/frame-scanner.ts';
import type { Outbox } from '../../../protocol/wire/outbox.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { lowerQos, ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { writePublish } from '../../../protocol/wire/publish-head.ts';
import { PublishRun } from '../../../protocol/wire/publish-run.ts';
import { RunForms } from '../../../protocol/wire/run-forms.ts';
import { publishOf } from '../../kit/world.ts';

/** Bytes on their way in one direction. */
class Pipe implements Outbox {
  position = 0;
  packets = 0;
  #page: Bytes = emptyBytes;
  #parts: Bytes[] = [];

  reserve(size: number): Bytes {
    this.#turn();
    this.#page = bytesOf(new Uint8Array(size));
    return this.#page;
  }

  append(bytes: Bytes): void {
    this.#turn();
    this.#parts.push(bytes);
  }

  take(sizeMax: number): Bytes {
    this.#turn();
    const all = joinBytes(this.#parts);
    this.#parts = [all.subarray(sizeMax)];
    return all.subarray(0, sizeMax);
  }

  get length(): number {
    this.#turn();
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  #turn(): void {
    this.#parts.push(this.#page.subarray(0, this.position));
    this.#page = emptyBytes;
    this.position = 0;
  }
}

/** One end: its session, what it still wants to send, what it has received and not accepted. */
class End {
  readonly session: Session;
  readonly sent: string[] = [];
  readonly arrived: string[] = [];
  readonly settled: string[] = [];
  readonly waiting: number[] = [];
  readonly #queue: { readonly name: string; readonly qos: Qos }[] = [];
  readonly #names = new Map<number, string>();
  #count = 0;

  constructor(clientId: string, sendWindowMax: number) {
    this.session = new Session({ clientId, sendWindowMax, receiveMaximum: 100 });
  }

  want(qos: Qos): void {
    const name = `${qos}:${this.#count++}`;
    this.#queue.push({ name, qos });
  }

  pump(machine: ClientConnection | ServerConnection): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const message = {
        topicBytes: bytesOfText('t'),
        payload: bytesOfText(next.name),
        properties: emptyBytes,
        expiresAt: 0,
      };
      const delivery = { message, qos: next.qos, retain: false, subscriptionIdentifiers: undefined };
      const token = this.sent.length + 1;
      if (machine.send(delivery, token, 0) !== 'sent') return;
      this.#names.set(token, next.name);
      this.sent.push(next.name);
      this.#queue.shift();
    }
  }

  get isDone(): boolean {
    return this.#queue.length === 0 && this.session.sendWindow.size === 0 && this.waiting.length === 0;
  }

  received(publish: ReceivedPublish, ticket: number): void {
    this.arrived.push(publish.payload.toString());
    if (ticket > 0) this.waiting.push(ticket);
  }

  settle(entry: SendEntry): void {
    this.settled.push(this.#names.get(entry.token) ?? '?');
  }

  accept(count: number): void {
    for (const ticket of this.waiting.splice(0, count)) this.session.accept(ticket, 0);
  }
}

/** The two of them and the link. */
class Pair {
  readonly client: End;
  readonly server: End;
  readonly #version: ProtocolVersion;
  #isFirst = true;
  #up = new Pipe();
  #down = new Pipe();
  #clientMachine: ClientConnection | undefined;
  #serverMachine: ServerConnection | undefined;
  #scanners = [new FrameScanner(1e6), new FrameScanner(1e6)];

  constructor(version: ProtocolVersion, windowMax: number) {
    this.#version = version;
    this.client = new End('c', windowMax);
    this.server = new End('c', windowMax);
    this.connect();
  }

  connect(): void {
    this.#clientMachine?.linkLost();
    this.#serverMachine?.linkLost();
    this.#up = new Pipe();
    this.#down = new Pipe();
    this.#scanners = [new FrameScanner(1e6), new FrameScanner(1e6)];
    const never = (what: string) => () => {
      throw new Error(what);
    };
    const sinkOf = (end: End) => ({
      messageReceived: (publish: ReceivedPublish, ticket: number) => end.received(publish, ticket),
      messageSettled: (entry: SendEntry) => end.settle(entry),
      resumable: () => undefined,
      ended: () => undefined,
    });
    const isPresent = !this.#isFirst;
    const server: ServerConnection = new ServerConnection(
      this.#down,
      {
        ...sinkOf(this.server),
        runReceived: () => 'declined',
        runSettled: () => undefined,
        connectRequested: () => server.accept(this.server.session, { sessionPresent: isPresent }, 0),
        subscribeRequested: never('SUBSCRIBE'),
        unsubscribeRequested: never('UNSUBSCRIBE'),
      },
      {
        maximumPacketSize: 1e6,
        receiveMaximum: 100,
        topicAliasMaximum: 0,
        keepAliveMultiplier: 1.5,
        connectTimeoutMs: 1e9,
      },
      0,
    );
    const client = new ClientConnection(
      this.#up,
      {
        ...sinkOf(this.client),
        sessionLost: (entries) => {
          if (entries.length > 0) throw new Error('a session was lost');
        },
        connected: () => undefined,
        refused: never('refused'),
        subscribed: never('SUBACK'),
        unsubscribed: never('UNSUBACK'),
      },
      this.client.session,
      {
        connect: {
          type: PacketType.connect,
          version: this.#version,
          isBridge: false,
          clientId: 'c',
          cleanStart: false,
          keepAlive: 0,
          properties: this.#version === ProtocolVersion.v5 ? { sessionExpiryInterval: 1000, receiveMaximum: 100 } : {},
        },
        answerTimeoutMs: 1e9,
        acknowledgeTimeoutMs: 0,
      },
    );
    this.#clientMachine = client;
    this.#serverMachine = server;
    client.start(0);
    // the server knows the session from its first CONNECT on
    this.deliver('up', 1e6);
    this.#isFirst = false;
  }

  deliver(way: 'up' | 'down', sizeMax: number): void {
    const [pipe, scanner, machine] =
      way === 'up'
        ? ([this.#up, this.#scanners[0], this.#serverMachine] as const)
        : ([this.#down, this.#scanners[1], this.#clientMachine] as const);
    const chunk = pipe.take(sizeMax);
    const fault = scanner?.scan(chunk, {
      frame: (bytes, start, body, end) => machine?.receive(bytes, start, body, end, 0) ?? false,
    });
    if (fault) throw new Error(fault.detail);
  }

  pump(): void {
    if (this.#clientMachine) this.client.pump(this.#clientMachine);
    if (this.#serverMachine) this.server.pump(this.#serverMachine);
  }

  /** Lets everything finish. */
  finish(): void {
    for (let round = 0; round < 1000; round++) {
      this.pump();
      this.deliver('up', 1e6);
      this.deliver('down', 1e6);
      this.client.accept(1000);
      this.server.accept(1000);
      if (this.client.isDone && this.server.isDone && this.#up.length === 0 && this.#down.length === 0) return;
    }
    throw new Error('it never comes to an end');
  }
}

function check(from: End, to: End): void {
  for (const qos of [1, 2]) {
    const sent = from.sent.filter((name) => name.startsWith(`${qos}:`));
    const arrived = to.arrived.filter((name) => name.startsWith(`${qos}:`));
    if (qos === 2 && arrived.length !== new Set(arrived).size) throw new Error(`QoS 2 twice: ${arrived.join()}`);
    if ([...new Set(arrived)].join() !== sent.join())
      throw new Error(`QoS ${qos}: ${sent.join()} became ${arrived.join()}`);
    const settled = from.settled.filter((name) => name.startsWith(`${qos}:`));
    if ([...settled].sort().join() !== [...sent].sort().join()) throw new Error(`settled ${settled.join()}`);
  }
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      isClient: fc.boolean(),
      qos: fc.constantFrom<Qos>(0, 1, 2),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      isUp: fc.boolean(),
      size: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      isClient: fc.boolean(),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
);

for (const version of [ProtocolVersion.v31, ProtocolVersion.v311, ProtocolVersion.v5]) {
  t.test(
    `version ${version}: whatever a link loses, QoS 2 arrives exactly once, QoS 1 at least once, all in order [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.3.3-6] [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT3-4.3.3-1] [MQTT3-4.4.0-1] [MQTT3-4.6.0-1]`,
    async (t) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (steps, windowMax) => {
          const pair = new Pair(version, windowMax);
          for (const one of steps) {
            if (one.kind === 'send') (one.isClient ? pair.client : pair.server).want(one.qos);
            if (one.kind === 'deliver') pair.deliver(one.isUp ? 'up' : 'down', one.size);
            if (one.kind === 'accept') (one.isClient ? pair.client : pair.server).accept(one.count);
            if (one.kind === 'cut') pair.connect();
            pair.pump();
          }
          pair.finish();
          check(pair.client, pair.server);
          check(pair.server, pair.client);
        }),
        { numRuns: 700 },
      );
      t.pass('700 conversations');
    },
  );
}

t.test('a run to a peer that takes aliases is written as its messages would be, one after the other', async (t) => {
  const topics = fc.array(fc.constantFrom('a', 'abc', 'topic/one', 'topic/two', 'é/x'), { minLength: 1, maxLength: 8 });
  const level = fc.constantFrom<Qos>(0, 1, 2);
  fc.assert(
    fc.property(topics, level, level, fc.constantFrom(3, 4, 5), (names, qos, granted, number) => {
      const version = number === 5 ? ProtocolVersion.v5 : ProtocolVersion.v311;
      const sent = lowerQos(granted, qos);
      const [run, forms] = [new PublishRun(), new RunForms()];
      const frames = names.map((topic, index) =>
        encodePacket(publishOf(topic, `payload ${index}`, { qos, packetId: qos > 0 ? 9 : 0 }), version),
      );
      const all = joinBytes(frames);
      let start = 0;
      for (const [index, { length }] of frames.entries()) {
        run.put(all, start, start + length, start + 4 + Buffer.byteLength(names[index] ?? ''));
        start += length;
      }
      forms.open(run, version);
      const [together, alone] = [new Pipe(), new Pipe()];
      const aliases = new OutboundAliases(2);
      writeAliasedRun(together, forms, { aliases: new OutboundAliases(2), qos: sent, firstId: 65_000 });
      for (const [index, topic] of names.entries()) {
        const topicBytes = bytesOfText(topic);
        const use = aliases.useFor(topicBytes);
        const payload = bytesOfText(`payload ${index}`);
        const message = { topicBytes, payload, properties: emptyBytes, expiresAt: 0 };
        const delivery = { message, qos: sent, retain: false, subscriptionIdentifiers: undefined };
        writePublish(alone, delivery, {
          version: ProtocolVersion.v5,
          packetId: 65_000 + index,
          dup: false,
          topicAlias: use.alias,
          isTopicOmitted: use.isTopicOmitted,
          now: 0,
        });
        aliases.used(topicBytes, use);
      }
      return together.take(10_000).equals(alone.take(10_000));
    }),
    { numRuns: 300 },
  );
  t.pass('300 runs');
});
