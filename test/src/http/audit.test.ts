// The audit log: whoever changes anything over either API is in it, with what came of it, and so is whoever tried to.
// Nothing in it is a secret, and nobody can push out what was done.
import t from 'tap';
import { v4Api } from '../../../src/http/v4-api.ts';
import { allEndpoints, pathOf } from '../../kit/api-endpoints.ts';
import { adminPassword, WebKit, webSection } from '../../kit/web.ts';

const config = `${webSection}
bridges.mqtt.site { server = "mqtt-tcp://10.0.0.2:1884", clientid = edge }`;
const canary = 'canary-7f3a9';

interface Entry {
  readonly id: number;
  readonly at: number;
  readonly who: string;
  readonly tried?: string;
  readonly address: string;
  readonly action: string;
  readonly status: number;
}

async function entriesOf(kit: WebKit): Promise<readonly Entry[]> {
  const { body } = await kit.call('GET /api/v1/audit?limit=1000');
  return (body as { items: readonly Entry[] }).items; // as: the contract test holds it to that
}

t.test(
  'every endpoint that changes something leaves an entry: who, when, what, from where, and how it went',
  async (t) => {
    const kit = await WebKit.start(config);
    await kit.login();
    const own = (await allEndpoints()).map((one) => ({ ...one, line: `${one.method} ${pathOf(one)}` }));
    const v4 = v4Api.map((one) => ({ ...one, line: `${one.method} /api/v4${one.path.replaceAll(/:\w+/g, 'site')}` }));
    const changing = [...own, ...v4].filter(({ method, path }) => method !== 'GET' && !/log(in|out)$/.test(path));
    t.ok(changing.length > 50, `${changing.length} endpoints change something`);
    const body = {
      ...Object.fromEntries(['password', 'oldPassword', 'newPassword', 'key', 'secret'].map((key) => [key, canary])),
      name: 'somebody',
      username: 'somebody',
      role: 'viewer',
      config: { password: canary },
      changes: { bridges: { mqtt: { site: { password: canary } } } },
      data: { password: canary },
    };
    for (const [at, { line }] of changing.entries()) {
      const address = `10.2.0.${at}`;
      const asking = kit.ask(line, { address, headers: { authorization: `Bearer ${kit.token}` }, body });
      const { status } = await kit.inTime(asking, 6000);
      const [entry] = await entriesOf(kit);
      const action = line.replace(/\?.*/, '');
      t.match(entry, { who: 'admin', address, action, status, at: Number }, line);
      t.ok(Math.abs((entry?.at ?? 0) - kit.world.clock.wallMs()) < 10_000, 'now');
    }
    t.notMatch(JSON.stringify(await entriesOf(kit)), new RegExp(`${canary}|${adminPassword}`));
    t.notMatch(kit.world.log.lines.join('\n'), new RegExp(`${canary}|${adminPassword}`));
    await kit.close();
  },
);

t.test('a failed login, a lock-out and a refusal are written down, and a name that nobody has is not', async (t) => {
  const kit = await WebKit.start(config);
  const guess = (username: string, address: string): Promise<{ status: number }> =>
    kit.ask('POST /api/v1/login', { address, body: { username, password: canary } });
  await guess('admin', '10.0.0.9');
  await guess('my-password-in-the-wrong-field', '10.0.0.8');
  await kit.ask('GET /api/v4/nodes', { address: '10.0.0.7', headers: { authorization: 'Basic YWRtaW46bm8=' } });
  for (let count = 0; count < 5; count++) await guess('admin', '10.0.0.6');
  await kit.ask('GET /api/v1/status', { address: '10.0.0.5', headers: { host: 'evil.example' } });
  await kit.login();
  const made = await kit.call('POST /api/v1/api-keys', { name: 'eyes', role: 'viewer' });
  const { key } = made.body as { key: string }; // as: made right before
  await kit.ask('DELETE /api/v1/bridges/site', { address: '10.0.0.4', headers: { authorization: `Bearer ${key}` } });
  await kit.ask('GET /api/v1/users', { address: '10.0.0.3', headers: { authorization: `Bearer ${key}` } });
  await kit.ask('GET /api/v1/users', { address: '10.0.0.2', headers: { authorization: 'Bearer vk_nonsense' } });
  const cookie = { cookie: `viaduct_session=${kit.token}`, origin: 'http://evil.example' };
  await kit.ask('DELETE /api/v1/bridges/site', { address: '10.0.0.1', headers: cookie });
  const entries = await entriesOf(kit);
  t.match(
    entries.map(({ who, tried = '-', address, status }) => `${address} ${who} ${tried} ${status}`),
    [
      '10.0.0.1 admin - 403',
      '10.0.0.2 - - 401',
      '10.0.0.3 key:eyes - 403',
      '10.0.0.4 key:eyes - 403',
      '127.0.0.1 admin - 201',
      '127.0.0.1 admin - 200',
      '10.0.0.5 - - 421',
      ...Array.from({ length: 5 }, () => '10.0.0.6 - admin 401'),
      '10.0.0.7 - admin 401',
      '10.0.0.8 - - 401',
      '10.0.0.9 - admin 401',
    ],
  );
  t.match(await guess('admin', '10.0.0.6'), { status: 429 });
  t.match((await entriesOf(kit))[0], { address: '10.0.0.6', tried: 'admin', status: 429 });
  t.notMatch(JSON.stringify(await entriesOf(kit)), new RegExp(`${canary}|wrong-field|${key}`));
  t.notMatch(kit.world.log.lines.join('\n'), new RegExp(`${canary}|wrong-field|${key}`));
  await kit.close();
});

t.test('whoever tries often does not push out what was done', async (t) => {
  const kit = await WebKit.start(config);
  await kit.login();
  await kit.call('POST /api/v1/publish', { topic: 'a' });
  for (let at = 0; at < 1200; at++) {
    await kit.ask('DELETE /api/v1/bridges/site', { address: `10.3.${at >> 8}.${at & 255}` });
  }
  const { body } = await kit.call('GET /api/v1/audit?limit=1000&page=2');
  const { items, total } = body as { items: readonly Entry[]; total: number }; // as: above
  t.equal(total, 1002);
  t.match(
    items.map(({ action }) => action),
    ['POST /api/v1/publish', 'POST /api/v1/login'],
  );
  await kit.close();
});
