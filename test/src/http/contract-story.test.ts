// The API against its own document, the other way round: one long story in which every endpoint is asked for something
// that it does, and answers with the status and the shape that its document promises.
import t from 'tap';
import * as v from 'valibot';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { allEndpoints } from '../../kit/api-endpoints.ts';
import { Remote } from '../../kit/remote.ts';
import { adminPassword, WebKit, webSection } from '../../kit/web.ts';

const config = `${webSection}
data.dir = journal
auth { password { alice = "a password" } }
bridges.mqtt.site {
  server = "mqtt-tcp://127.0.0.1:9000"
  clientid = edge
  backoff_max = 1s
  ledger { size = 10 }
  replay { keep = 1h, keep_bytes = 1MB }
  forwards = [ { local_topic = "a/+", remote_topic = "far/$1" } ]
}`;

/** Endpoint, the path asked for where it differs, and the body. */
type Step = readonly [endpoint: string, path?: string, body?: unknown];

const rule = { local_topic: 'b/#', remote_topic: '' };
const bridge = { server: 'mqtt-tcp://127.0.0.1:9001', clientid: 'other' };
const message = { topic: 'a/1', payload: 'x', qos: 1 };
const site = '/bridges/site';

/** While the remote takes everything. */
const first: readonly Step[] = [
  ['POST /login', '/login', { username: 'admin', password: adminPassword, isCookieWanted: false }],
  ['GET /session'],
  ['GET /health'],
  ['GET /status'],
  ['GET /certificates'],
  ['GET /openapi.json'],
  ['POST /publish', '/publish', message],
  [
    'POST /publish/batch',
    '/publish/batch',
    [...Array.from({ length: 20 }, () => message), { topic: 'kept', payload: 'x', retain: true }],
  ],
  ['GET /bridges/:name/replay', `${site}/replay`],
  ['POST /bridges/:name/replay', `${site}/replay`, { rate: 1 }],
  ['DELETE /bridges/:name/replay', `${site}/replay`],
  ['GET /bridges/:name/timeline', `${site}/timeline`],
  ['GET /bridges/:name/ledger', `${site}/ledger`],
  ['POST /bridges/:name/pause', `${site}/pause`],
  ['POST /publish', '/publish', message],
  ['POST /publish', '/publish', message],
];

/** While messages wait; their places in the queue are found out. */
const waiting = (one: string, other: string): readonly Step[] => [
  ['GET /bridges/:name/queue', `${site}/queue`],
  ['GET /bridges/:name/queue/:sequence', `${site}/queue/${one}`],
  ['DELETE /bridges/:name/queue/:sequence', `${site}/queue/${one}`],
  ['POST /bridges/:name/queue/:sequence/set-aside', `${site}/queue/${other}/set-aside`],
  ['GET /bridges/:name/dead-letters', `${site}/dead-letters`],
];

const letters = (id: string): readonly Step[] => [
  ['GET /bridges/:name/dead-letters/:id', `${site}/dead-letters/${id}`],
  ['PATCH /bridges/:name/dead-letters/:id', `${site}/dead-letters/${id}`, { topic: 'far/2' }],
  ['POST /bridges/:name/dead-letters/requeue', `${site}/dead-letters/requeue`, {}],
  ['POST /bridges/:name/dead-letters/drop', `${site}/dead-letters/drop`, {}],
  ['POST /bridges/:name/resume', `${site}/resume`],
  ['GET /retained'],
  ['GET /retained/message', '/retained/message?topic=kept'],
  ['DELETE /retained/message', '/retained/message?topic=kept'],
  ['GET /subscriptions'],
  ['GET /topics'],
  ['GET /clients'],
  ['GET /clients/:clientid', '/clients/sensor'],
  ['DELETE /clients/:clientid', '/clients/sensor'],
  ['GET /metrics/history'],
  ['GET /logs'],
  ['GET /logs/download'],
  ['GET /bridges'],
  ['POST /bridges', '/bridges', { name: 'other', config: bridge }],
  ['GET /bridges/:name', '/bridges/other'],
  ['PATCH /bridges/:name', '/bridges/other', { keepalive: '30s' }],
  ['PUT /bridges/:name', '/bridges/other', bridge],
  ['POST /bridges/:name/disable', '/bridges/other/disable'],
  ['POST /bridges/:name/enable', '/bridges/other/enable'],
  ['POST /bridges/check', '/bridges/check', { name: 'other', config: bridge }],
  ['POST /bridges/map', '/bridges/map', { topic: 'a/1', bridge: 'site' }],
  ['POST /bridges/test', '/bridges/test', { name: 'other' }],
  ['POST /bridges/:name/rules/:list', '/bridges/other/rules/forwards', rule],
  ['GET /bridges/:name/rules', '/bridges/other/rules'],
  ['PUT /bridges/:name/rules/:list/:place', '/bridges/other/rules/forwards/0', { ...rule, qos: 1 }],
  ['DELETE /bridges/:name/rules/:list/:place', '/bridges/other/rules/forwards/0'],
  ['DELETE /bridges/:name', '/bridges/other'],
  ['GET /config'],
  ['POST /config/check', '/config/check', { changes: { log: { level: 'warn' } } }],
  ['POST /config/apply', '/config/apply', { changes: { log: { level: 'warn' } }, confirmWithinS: 3000 }],
  ['POST /config/confirm'],
  ['POST /config/apply', '/config/apply', { changes: { log: { level: 'info' } }, confirmWithinS: 3000 }],
  ['POST /config/rollback'],
  ['GET /config/history'],
  ['POST /config/history/:id/rollback', '/config/history/1/rollback'],
  ['POST /users', '/users', { username: 'eve', role: 'viewer', password: 'a password' }],
  ['GET /users'],
  ['PATCH /users/:name', '/users/eve', { role: 'operator' }],
  ['DELETE /users/:name', '/users/eve'],
  ['POST /api-keys', '/api-keys', { name: 'program', role: 'viewer' }],
  ['GET /api-keys'],
  ['DELETE /api-keys/:name', '/api-keys/program'],
  ['PUT /mqtt-users/:name', '/mqtt-users/bob', { password: 'a password' }],
  ['GET /mqtt-users'],
  ['DELETE /mqtt-users/:name', '/mqtt-users/bob'],
  ['GET /acl'],
  ['PUT /acl', '/acl', { rules: [{ permit: 'allow', action: 'pubsub', topics: ['#'] }], noMatch: 'deny' }],
  ['POST /acl/test', '/acl/test', { clientId: 'sensor', username: 'alice', action: 'publish', topic: 'a/1' }],
  ['GET /audit'],
  ['GET /tap', '/tap?filter=a/%23'],
  ['GET /live'],
  ['POST /session/password', '/session/password', { oldPassword: adminPassword, newPassword: 'another one' }],
  ['POST /logout'],
];

t.test(
  'every endpoint gives what its document promises when all is well, and all of them are in the document',
  async (t) => {
    const kit = await WebKit.start(config);
    const remote = new Remote();
    await remote.open(kit.world, ProtocolVersion.v5);
    await kit.world.clock.advance(3000);
    const device = await kit.world.dial(ProtocolVersion.v5);
    await device.connect('sensor');
    const endpoints = new Map((await allEndpoints()).map((one) => [`${one.method} ${one.path}`, one]));
    const asked = new Set<string>();
    const play = async (steps: readonly Step[]): Promise<unknown> => {
      let last: unknown;
      for (const [name, path = name.split(' ')[1] ?? '', body] of steps) {
        const asking = kit.call(`${name.split(' ')[0]} /api/v1${path}`, body);
        const answer = await kit.inTime(asking, name.endsWith('/test') ? 60_000 : 6000);
        last = answer.body;
        asked.add(name);
        if (name === 'POST /login') kit.token = String((answer.body as { token: string }).token); // as: its shape
        const endpoint = endpoints.get(name);
        t.equal(answer.status, endpoint?.status ?? 200, `${name}: ${answer.text.slice(0, 200)}`);
        const { reply } = endpoint ?? {};
        const faults = reply === undefined ? [] : (v.safeParse(reply, answer.body).issues ?? []);
        t.strictSame(
          faults.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`),
          [],
          name,
        );
        answer.leave();
      }
      return last;
    };
    await play(first);
    const queued = await kit.call(`GET /api/v1${site}/queue`);
    const { messages } = queued.body as { messages: { sequence: number }[] }; // as: above
    const left = await play(waiting(String(messages[0]?.sequence), String(messages[1]?.sequence)));
    const [letter] = (left as { items: { id: number }[] }).items; // as: above
    await play(letters(String(letter?.id)));
    t.strictSame(
      [...endpoints.keys()].filter((name) => !asked.has(name)),
      [],
      'all were asked',
    );
    const { body } = await kit.ask('GET /api/v1/openapi.json', {});
    const { paths } = body as { paths: Record<string, object> }; // as: it is an OpenAPI document
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    t.strictSame(
      documented.filter((name) => !endpoints.has(name)),
      ['GET /openapi.json'],
      'and nothing else is promised',
    );
    await kit.close();
  },
);
