// Enhanced authentication as both machines see it: every AUTH judged, every answer with its method, on a connection
// that begins and on a live one.
import t from 'tap';
import type { ClientAuthentication } from '../../../protocol/connection/client-authentication.ts';
import { ClientConnection } from '../../../protocol/connection/client-connection.ts';
import type { ConnectionEnd } from '../../../protocol/connection/exchange.ts';
import { ServerConnection } from '../../../protocol/connection/server-connection.ts';
import { Session } from '../../../protocol/session/session.ts';
import { type Bytes, bytesOf, bytesOfText } from '../../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../../protocol/wire/codec.ts';
import { Malformed } from '../../../protocol/wire/malformed.ts';
import type { Outbox } from '../../../protocol/wire/outbox.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet } from '../../../protocol/wire/packets.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';

const { v5 } = ProtocolVersion;
const session = { clientId: 'c', sendWindowMax: 10, receiveMaximum: 10 };

/** Packets that were written. */
class Written implements Outbox {
  position = 0;
  packets = 0;
  readonly #packets: Packet[] = [];

  reserve(size: number): Bytes {
    return bytesOf(new Uint8Array(size));
  }

  append(bytes: Bytes): void {
    const packet = decodePacket(bytes, v5);
    if (packet instanceof Malformed) throw new Error(packet.detail);
    this.#packets.push(packet);
  }

  take(): readonly Packet[] {
    return this.#packets.splice(0);
  }
}

const nothing = {
  messageReceived: () => undefined,
  messageSettled: () => undefined,
  resumable: () => undefined,
};

function connectOf(properties: Properties): ConnectPacket {
  return {
    type: PacketType.connect,
    version: v5,
    isBridge: false,
    clientId: 'c',
    cleanStart: true,
    keepAlive: 0,
    properties,
  };
}

function auth(reasonCode: ReasonCode, method: string | undefined, data?: string): Packet {
  return {
    type: PacketType.auth,
    reasonCode,
    properties: {
      ...(method === undefined ? {} : { authenticationMethod: method }),
      ...(data === undefined ? {} : { authenticationData: bytesOfText(data) }),
    },
  };
}

/** A server whose sink writes down what it is asked, and answers nothing by itself. */
class Server {
  readonly written = new Written();
  readonly asked: string[] = [];
  end: ConnectionEnd | undefined;
  readonly machine: ServerConnection;

  constructor() {
    const limits = {
      maximumPacketSize: 1000,
      receiveMaximum: 10,
      topicAliasMaximum: 0,
      keepAliveMultiplier: 1.5,
      connectTimeoutMs: 1000,
    };
    const sink = {
      ...nothing,
      runReceived: () => 'declined' as const,
      runSettled: () => undefined,
      connectRequested: () => void this.asked.push('connect'),
      authenticationReceived: (data: Bytes | undefined, isAgain: boolean) =>
        void this.asked.push(`${isAgain ? 'again' : 'on'} ${data?.toString()}`),
      subscribeRequested: () => undefined,
      unsubscribeRequested: () => undefined,
      ended: (end: ConnectionEnd) => {
        this.end = end;
      },
    };
    this.machine = new ServerConnection(this.written, sink, limits, 0);
  }

  receive(packet: Packet, now = 0): boolean {
    const bytes = encodePacket(packet, v5);
    return this.machine.receive(bytes, 0, bytes.length < 130 ? 2 : 3, bytes.length, now);
  }

  connected(): this {
    this.receive(connectOf({ authenticationMethod: 'M' }));
    this.machine.accept(new Session(session), { sessionPresent: false }, 0);
    this.written.take();
    this.asked.splice(0);
    return this;
  }
}

t.test(
  'a server asks and hears as often as it wants before CONNACK, always with the method [MQTT-4.12.0-2] [MQTT-4.12.0-5]',
  async (t) => {
    const server = new Server();
    t.notOk(server.receive(connectOf({ authenticationMethod: 'M' })), 'scanning stops while the server decides');
    for (const round of ['one', 'two']) {
      server.machine.challenge(bytesOfText(round));
      t.match(
        server.written.take(),
        [
          {
            type: PacketType.auth,
            reasonCode: 0x18,
            properties: { authenticationMethod: 'M', authenticationData: round },
          },
        ].map((packet) => ({
          ...packet,
          properties: { authenticationMethod: 'M', authenticationData: bytesOfText(round) },
        })),
      );
      t.notOk(server.receive(auth(0x18, 'M', `answer ${round}`)));
    }
    t.same(server.asked, ['connect', 'on answer one', 'on answer two']);
    server.machine.accept(new Session(session), { sessionPresent: false, authenticationData: bytesOfText('last') }, 0);
    t.match(server.written.take(), [
      { type: PacketType.connack, properties: { authenticationMethod: 'M', authenticationData: bytesOfText('last') } },
    ]);
    t.equal(server.end, undefined);
  },
);

t.test(
  'a client that named no method hears of none, and may not send AUTH [MQTT-4.12.0-6] [MQTT-4.12.0-7]',
  async (t) => {
    const server = new Server();
    server.receive(connectOf({}));
    server.machine.challenge(bytesOfText('?'));
    t.same(server.written.take(), [], 'no AUTH');
    server.machine.accept(new Session(session), { sessionPresent: false }, 0);
    const [connack] = server.written.take();
    t.notOk(connack && 'properties' in connack && connack.properties.authenticationMethod);
    server.receive(auth(0x19, 'M'));
    t.match(server.end, { statement: 'MQTT-4.12.0-7', reasonCode: ReasonCode.protocolError });
  },
);

const beforeConnack: readonly (readonly [string, Packet, string])[] = [
  ['another method [MQTT-4.12.0-5]', auth(0x18, 'N'), 'MQTT-4.12.0-5'],
  ['no method [MQTT-4.12.0-5]', auth(0x18, undefined), 'MQTT-4.12.0-5'],
  ['the reason code of a new beginning [MQTT-4.12.0-3]', auth(0x19, 'M'), 'MQTT-4.12.0-3'],
  ['a packet that is not for now [MQTT-3.1.2-30]', { type: PacketType.pingreq }, 'MQTT-3.1.2-30'],
];
for (const [name, packet, statement] of beforeConnack) {
  t.test(`a client that answers a challenge with ${name} is refused in CONNACK [MQTT-4.12.0-4]`, async (t) => {
    const server = new Server();
    server.receive(connectOf({ authenticationMethod: 'M' }));
    server.machine.challenge(undefined);
    server.written.take();
    t.notOk(server.receive(packet));
    t.match(server.written.take(), [{ type: PacketType.connack, reasonCode: ReasonCode.protocolError }]);
    t.match(server.end, { statement, isWillDue: false });
  });
}

t.test('DISCONNECT ends a connection that is being challenged, without CONNACK [MQTT-3.1.2-30]', async (t) => {
  const server = new Server();
  server.receive(connectOf({ authenticationMethod: 'M' }));
  server.machine.challenge(undefined);
  server.written.take();
  server.receive({ type: PacketType.disconnect, reasonCode: 0, properties: {} });
  t.same(server.written.take(), []);
  t.match(server.end, { blame: 'remote', isWillDue: false });
});

t.test('a login that is not decided in time is refused, and the client told', async (t) => {
  const server = new Server();
  server.receive(connectOf({}));
  t.equal(server.machine.nextDeadline(), 1000);
  server.machine.tick(1000);
  t.match(server.written.take(), [{ type: PacketType.connack, reasonCode: ReasonCode.serverUnavailable }]);
  t.match(server.end, { blame: 'local' });
});

t.test('a client authenticates again on a live connection [MQTT-4.12.1-1]', async (t) => {
  const server = new Server().connected();
  t.ok(server.receive(auth(0x19, 'M', 'first'), 50), 'other packets go on');
  server.machine.challenge(bytesOfText('?'));
  t.ok(server.receive({ type: PacketType.pingreq }));
  server.receive(auth(0x18, 'M', 'second'));
  server.machine.reauthenticated(bytesOfText('!'));
  t.same(server.asked, ['again first', 'on second']);
  t.match(server.written.take(), [
    { type: PacketType.auth, reasonCode: 0x18, properties: { authenticationMethod: 'M' } },
    { type: PacketType.pingresp },
    { type: PacketType.auth, reasonCode: 0, properties: { authenticationMethod: 'M' } },
  ]);
  t.equal(server.machine.nextDeadline(), Number.POSITIVE_INFINITY);
});

t.test('authentication again that never ends, or fails, ends the connection [MQTT-4.12.1-2]', async (t) => {
  const slow = new Server().connected();
  slow.receive(auth(0x19, 'M'), 50);
  t.equal(slow.machine.nextDeadline(), 1050);
  slow.machine.tick(1050);
  t.match(slow.written.take(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.notAuthorized }]);
  const twice = new Server().connected();
  twice.receive(auth(0x19, 'M'));
  twice.receive(auth(0x19, 'M'));
  t.match(twice.written.take(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.protocolError }]);
  const other = new Server().connected();
  other.receive(auth(0x19, 'N'));
  t.match(other.end, { statement: 'MQTT-4.12.0-5' });
  const early = new Server().connected();
  early.receive(auth(0x18, 'M'));
  t.match(early.end, { statement: 'MQTT-4.12.1-1' });
});

t.test('while a server holds a connection, nothing more is scanned', async (t) => {
  const server = new Server().connected();
  server.machine.hold();
  t.notOk(server.receive({ type: PacketType.pingreq }));
  server.machine.proceed();
  t.ok(server.receive({ type: PacketType.pingreq }));
});

/** A client with a method that answers what the test lets it. */
class ClientEnd {
  readonly written = new Written();
  readonly heard: string[] = [];
  end: ConnectionEnd | undefined;
  answer: ((data: Bytes | string) => void) | undefined;
  doubt: string | undefined;
  readonly machine: ClientConnection;

  constructor(isAuthenticating = true) {
    const authentication: ClientAuthentication = {
      method: 'M',
      begin: () => bytesOfText('first'),
      challenged: (data, answer) => {
        this.heard.push(`challenged ${data?.toString()}`);
        this.answer = answer;
      },
      finished: (data) => {
        this.heard.push(`finished ${data?.toString()}`);
        return this.doubt;
      },
    };
    const sink = {
      ...nothing,
      sessionLost: () => undefined,
      connected: () => void this.heard.push('connected'),
      refused: () => undefined,
      subscribed: () => undefined,
      unsubscribed: () => undefined,
      reauthenticated: () => void this.heard.push('reauthenticated'),
      ended: (end: ConnectionEnd) => {
        this.end = end;
      },
    };
    const terms = { connect: connectOf({}), answerTimeoutMs: 1000, acknowledgeTimeoutMs: 0 };
    const all = isAuthenticating ? { ...terms, authentication } : terms;
    this.machine = new ClientConnection(this.written, sink, new Session(session), all);
    this.machine.start(0);
  }

  receive(packet: Packet): void {
    const bytes = encodePacket(packet, v5);
    this.machine.receive(bytes, 0, 2, bytes.length, 0);
  }

  connack(properties: Properties = { authenticationMethod: 'M', authenticationData: bytesOfText('proof') }): this {
    this.receive({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties });
    return this;
  }
}

t.test(
  'a client answers challenges with its method, and believes the server when it has proved itself [MQTT-4.12.0-3]',
  async (t) => {
    const client = new ClientEnd();
    t.match(client.written.take(), [
      { type: PacketType.connect, properties: { authenticationMethod: 'M', authenticationData: bytesOfText('first') } },
    ]);
    client.receive(auth(0x18, 'M', 'q'));
    client.answer?.(bytesOfText('a'));
    t.match(client.written.take(), [
      {
        type: PacketType.auth,
        reasonCode: 0x18,
        properties: { authenticationMethod: 'M', authenticationData: bytesOfText('a') },
      },
    ]);
    client.connack();
    t.same(client.heard, ['challenged q', 'finished proof', 'connected']);
    t.ok(client.machine.reauthenticate(10));
    t.match(client.written.take(), [{ type: PacketType.auth, reasonCode: 0x19 }]);
    t.equal(client.machine.nextDeadline(), 1010);
    client.receive(auth(0, 'M', 'proof'));
    t.same(client.heard.slice(3), ['finished proof', 'reauthenticated']);
    t.equal(client.machine.nextDeadline(), Number.POSITIVE_INFINITY);
  },
);

t.test(
  'a client leaves a server that breaks the rules of its method [MQTT-4.12.0-2] [MQTT-4.12.0-5] [MQTT-4.12.0-6]',
  async (t) => {
    const doubting = new ClientEnd();
    doubting.doubt = 'it does not know the password';
    doubting.connack();
    t.match(doubting.end, { reasonCode: ReasonCode.notAuthorized, detail: 'it does not know the password' });
    t.notOk(doubting.heard.includes('connected'));
    t.match(new ClientEnd().connack({}).end, { statement: 'MQTT-4.12.0-5' });
    const plain = new ClientEnd(false);
    plain.receive(auth(0x18, 'M'));
    t.match(plain.end, { statement: 'MQTT-4.12.0-6' });
    for (const code of [ReasonCode.success, ReasonCode.reAuthenticate]) {
      const client = new ClientEnd();
      client.receive(auth(code, 'M'));
      t.match(client.end, { statement: 'MQTT-4.12.0-2' }, `AUTH ${code} before CONNACK`);
    }
    const idle = new ClientEnd().connack();
    idle.receive(auth(0x18, 'M'));
    t.match(idle.end, { statement: 'MQTT-4.12.0-2' }, 'AUTH that nobody asked for');
    const stuck = new ClientEnd();
    stuck.receive(auth(0x18, 'M'));
    stuck.answer?.('no password for this');
    t.match(stuck.end, { detail: 'no password for this' });
    stuck.answer?.(bytesOfText('late'));
    t.same(stuck.written.take().length, 1, 'nothing but CONNECT was written');
  },
);
