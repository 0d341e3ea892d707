// A web server that decides, played by a function: who may connect, who is a superuser, who may do what; what is asked,
// how often, and what holds when nobody answers.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { accessDefaults } from '../../../src/access/access-options.ts';
import type { HttpAccessOptions } from '../../../src/access/http-access.ts';
import { LinkError } from '../../../src/base/errors.ts';
import { Broker } from '../../../src/broker/broker.ts';
import type { HttpAnswer, HttpRequest } from '../../../src/ports/http.ts';
import { auditBroker } from '../../kit/audit.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const question = { method: 'POST', url: 'http://auth/login', headers: {} } as const;
const options: HttpAccessOptions = {
  login: {
    ...question,
    parameters: [
      ['user', '%u'],
      ['pass', '%P'],
      ['id', '%c'],
      ['from', '%a:%p %x'],
    ],
  },
  superuser: { ...question, url: 'http://auth/super', parameters: [['user', '%u']] },
  topic: {
    method: 'GET',
    url: 'http://auth/acl?x=1',
    headers: { 'x-key': 'k' },
    parameters: [
      ['access', '%A'],
      ['topic', '%t'],
      ['user', '%u'],
    ],
  },
  timeoutMs: 5000,
  connectTimeoutMs: 1000,
  ttlMs: 10_000,
  connectionsMax: 4,
  isFailureIgnored: false,
};

class Asked {
  readonly world = new World();
  readonly requests: HttpRequest[] = [];
  answer: (request: HttpRequest) => HttpAnswer | undefined = () => ({ status: 200, body: '' });
  wait: () => Promise<void> = () => Promise.resolve();

  async open(more: Partial<HttpAccessOptions> = {}): Promise<Broker> {
    const http = {
      ask: async (request: HttpRequest): Promise<HttpAnswer> => {
        this.requests.push(request);
        await this.wait();
        const answer = this.answer(request);
        if (answer === undefined) throw new LinkError('connect', 'auth does not answer');
        return answer;
      },
    };
    const broker = await Broker.open(
      { ...this.world.context, http: () => Promise.resolve(http) },
      {
        listeners: [{ name: 'tcp', host: '127.0.0.1', port: 1883 }],
        systemTopicsIntervalMs: 0,
        access: { ...accessDefaults, isAnonymousAllowed: false, http: { ...options, ...more } },
      },
    );
    return auditBroker(broker);
  }

  async login(clientId: string, username = 'u') {
    const peer = await this.world.dial(v5);
    const [packet] = await peer.connect(clientId, { username, password: bytesOfText('s3cret & more') });
    return { peer, code: packet?.type === PacketType.connack ? packet.reasonCode : -1 };
  }

  take(): readonly string[] {
    return this.requests
      .splice(0)
      .map(({ method, url, body }) => `${method} ${url}${body === undefined ? '' : ` ${body}`}`);
  }
}

t.test('a login is asked with everything that placeholders stand for, once for a while', async (t) => {
  const asked = new Asked();
  asked.answer = ({ url }) => ({ status: url.endsWith('super') ? 403 : 200, body: '' });
  await asked.open();
  t.equal((await asked.login('d')).code, ReasonCode.success);
  t.same(asked.take(), [
    'POST http://auth/login user=u&pass=s3cret+%26+more&id=d&from=127.0.0.1%3A1883+',
    'POST http://auth/super user=u',
  ]);
  t.equal((await asked.login('d')).code, ReasonCode.success);
  t.same(asked.take(), [], 'the answer holds');
  await asked.world.clock.advance(10_000);
  await asked.login('d');
  t.equal(asked.take().length, 2, 'and is asked for again');
});

t.test('what a server answers is what holds; silence and errors let nobody in', async (t) => {
  const asked = new Asked();
  const broker = await asked.open();
  const { success, notAuthorized, serverUnavailable, badUserNameOrPassword } = ReasonCode;
  for (const [status, body, code] of [
    [200, '', success],
    [200, 'ignore', badUserNameOrPassword],
    [204, '', badUserNameOrPassword],
    [401, '', notAuthorized],
    [404, '', notAuthorized],
    [500, '', serverUnavailable],
    [302, '', serverUnavailable],
    [0, '', serverUnavailable],
  ] as const) {
    asked.answer = () => (status === 0 ? undefined : { status, body });
    t.equal((await asked.login(`client ${status} ${body}`)).code, code, `${status} ${body}`);
    await asked.world.clock.advance(400_000); // the guard has forgotten
  }
  t.match(broker.status.refusedLogins, { 'http-denied': 2, 'http-failed': 3, 'unknown-user': 2 });
  const log = asked.world.log.lines.join('\n');
  t.match(log, /the server that decides about access failed/);
  t.notMatch(log, /s3cret/);
});

t.test('failures are not remembered, and may be left to others', async (t) => {
  const asked = new Asked();
  await asked.open({ isFailureIgnored: true });
  asked.answer = () => undefined;
  t.equal((await asked.login('d')).code, ReasonCode.badUserNameOrPassword, 'nobody else knows the user');
  asked.answer = () => ({ status: 200, body: '' });
  t.equal((await asked.login('d')).code, ReasonCode.success);
});

t.test('topics are asked for, held for their time, and void afterwards; a superuser is not asked about', async (t) => {
  const asked = new Asked();
  let isOpen = true;
  asked.answer = ({ url }) => {
    if (url.endsWith('super')) return { status: 403, body: '' };
    const isTopic = url.startsWith('http://auth/acl');
    return { status: !isTopic || (isOpen && !url.includes('secret')) ? 200 : 403, body: '' };
  };
  await asked.open();
  const { peer } = await asked.login('d');
  asked.take();
  peer.send(subscribeOf(1, 1, 'a/#', 'secret'));
  t.match(await peer.received(), [{ reasonCodes: [1, ReasonCode.notAuthorized] }]);
  t.same(asked.take(), [
    'GET http://auth/acl?x=1&access=1&topic=a%2F%23&user=u',
    'GET http://auth/acl?x=1&access=1&topic=secret&user=u',
  ]);
  const publish = async (packetId: number): Promise<number> => {
    peer.send(publishOf('b', 'x', { qos: 1, packetId }));
    const [ack] = await peer.received();
    return ack?.type === PacketType.puback ? ack.reasonCode : -1;
  };
  for (const packetId of [1, 2, 3]) t.equal(await publish(packetId), ReasonCode.noMatchingSubscribers);
  t.equal(asked.take().length, 1);
  isOpen = false;
  await asked.world.clock.advance(10_500);
  t.equal(await publish(4), ReasonCode.notAuthorized, 'asked again');
  asked.answer = () => ({ status: 200, body: '' });
  const admin = await asked.login('admin', 'admin');
  asked.take();
  admin.peer.send(subscribeOf(1, 1, 'secret'));
  t.match(await admin.peer.received(), [{ reasonCodes: [1] }]);
  t.same(asked.take(), []);
});

t.test(
  'subscriptions that a server granted are asked for again, a few at a time, and stay while it is silent',
  async (t) => {
    const asked = new Asked();
    let [underway, underwayMax] = [0, 0];
    let denied = /^$/;
    let isSilent = false;
    const broker = await asked.open();
    asked.wait = async () => {
      underway++;
      underwayMax = Math.max(underwayMax, underway);
      await Promise.resolve();
      underway--;
    };
    asked.answer = ({ url }) => {
      if (url.endsWith('super')) return { status: 403, body: '' };
      if (isSilent) return undefined;
      return { status: denied.test(url) ? 403 : 200, body: '' };
    };
    const peers = [];
    for (let index = 0; index < 10; index++) {
      const { peer } = await asked.login(`d${index}`, `u${index}`);
      peers.push(peer);
      peer.send(subscribeOf(1, 1, `a/${index}`, 'all'));
      t.match(await peer.received(), [{ reasonCodes: [1, 1] }]);
    }
    const subscriptionsAfter = async (): Promise<number> => {
      asked.take();
      underwayMax = 0;
      await asked.world.clock.advance(11_000);
      return broker.status.subscriptions;
    };
    t.equal(await subscriptionsAfter(), 20);
    t.equal(asked.take().length, 20, 'each was asked for again, once');
    t.ok(underwayMax > 1 && underwayMax <= 4, `${underwayMax} questions at a time`);
    denied = /topic=a%2F[0-4]/;
    t.equal(await subscriptionsAfter(), 15);
    isSilent = true;
    t.equal(await subscriptionsAfter(), 15, 'silence changes nothing');
    isSilent = false;
    denied = /^$/;
    t.equal(await subscriptionsAfter(), 20, 'and what is allowed again goes on');
    peers[0]?.send(publishOf('a/0', 'x', { qos: 1, packetId: 1 }));
    t.equal((await peers[0]?.receivedOf(PacketType.publish))?.length, 1);
  },
);

t.test('many devices with one question ask it once', async (t) => {
  const asked = new Asked();
  asked.answer = ({ url }) => ({ status: url.endsWith('super') ? 403 : 200, body: '' });
  await asked.open({ topic: { ...question, url: 'http://auth/acl', parameters: [['topic', '%t']] } });
  const peers = [];
  for (let index = 0; index < 5; index++) peers.push((await asked.login(`d${index}`)).peer);
  asked.take();
  for (const peer of peers) peer.send(publishOf('same', 'x', { qos: 1, packetId: 1 }));
  await asked.world.clock.settle();
  t.equal(asked.take().length, 1);
  for (const peer of peers) t.match(await peer.received(), [{ type: PacketType.puback, packetId: 1 }]);
});
