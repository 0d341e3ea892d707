// Secrets go in and never come out: a configuration with a marked value in every field that holds one, then every page,
// every refusal, the differences, the history, the numbers and the log are read for the mark.
import { createPrivateKey } from 'node:crypto';
import t from 'tap';
import { isSecretPath } from '../../../src/config/config-tree.ts';
import { v4Api } from '../../../src/http/v4-api.ts';
import { allEndpoints, pathOf } from '../../kit/api-endpoints.ts';
import { fixtureText } from '../../kit/fixtures.ts';
import { readTree, sourceFile } from '../../kit/source-tree.ts';
import { comparedSecrets } from '../../kit/style-rules.ts';
import { type Answered, adminPassword, WebKit } from '../../kit/web.ts';

/** Of the pre-shared key, which is hexadecimal. */
const hex = 'ca4a2b5ec2e7ca4a2b5ec2e7ca4a2b5e';
const canary = 'canary';
const marks = new RegExp(`${canary}|${hex}|${adminPassword}`, 'i');

const config = `
listeners.tcp.default { bind = "127.0.0.1:1883" }
listeners.ssl.default { bind = "127.0.0.1:8883", certfile = "c.pem", keyfile = "k1.pem", key_password = "canary-1" }
http_server { password = "${adminPassword}", metrics_key = "canary-2" }
auth {
  password { alice = "canary-3" }
  order = [password, jwt, http]
  jwt { algorithm = HS256, secret = "canary-4-canary-4-canary-4-canary-4" }
  http_auth {
    auth_req { url = "http://10.0.0.9/auth", headers { authorization = "Bearer canary-5" } }
    ssl { keyfile = "k6.pem", certfile = "c.pem", key_password = "canary-6" }
  }
}
bridges.mqtt.site {
  server = "tls+mqtt-tcp://10.0.0.2:8883", clientid = edge, username = u, password = "canary-7"
  proxy = "socks5://u:canary-8@10.0.0.8:1080"
  ssl { certfile = "c.pem", keyfile = "k9.pem", key_password = "canary-9" }
  hybrid_bridging = true
  hybrid_servers = [ { server = "tls+mqtt-tcp://10.0.0.3:8883", username = u, password = "canary-10" } ]
  ledger { size = 10 }
  forwards = [ { local_topic = "a/#", remote_topic = "" } ]
}
bridges.mqtt.shared {
  server = "tls+mqtt-tcp://10.0.0.4:8883", clientid = other, ssl { psk_identity = i, psk = "${hex}" }
}
bridges.mqtt.web {
  server = "ws://10.0.0.5/mqtt", clientid = third, ws_headers { authorization = "Bearer canary-11" }
}`;
/** The one key, as each password opens it. */
const lockedKey = (passphrase: string): string =>
  createPrivateKey(fixtureText('tls/server.key'))
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString();
const files = {
  '/etc/c.pem': fixtureText('tls/server.pem'),
  '/etc/k1.pem': lockedKey('canary-1'),
  '/etc/k6.pem': lockedKey('canary-6'),
  '/etc/k9.pem': lockedKey('canary-9'),
};

/** Keys with names like those of secrets, that hold none. */
const harmless =
  /_(?:file|timeout|command|encrypted|identity|method)$|^(?:public_key|key|keyfile|not_authorized|bad_\w+)$/;

t.test('every key of the configuration that is named like a secret is one, or is known to be none', async (t) => {
  const keys = readTree(['src/config'])
    .filter(({ path }) => path.includes('/schema'))
    .flatMap(({ text }) => [...text.matchAll(/^\s+(\w*(?:psk|secret|passw|passphrase|credential|key)\w*): v\./gm)])
    .map(([, key = '']) => key);
  t.ok(keys.length > 10);
  t.strictSame(
    [...new Set(keys)].filter((key) => !harmless.test(key) && !isSecretPath([key])),
    [],
  );
  t.ok(isSecretPath(['ws_headers', 'x']) && isSecretPath(['auth', 'password', 'alice']));
});

async function opened(): Promise<WebKit> {
  const kit = await WebKit.start(config, files);
  await kit.login();
  return kit;
}

async function readAll(kit: WebKit): Promise<readonly (readonly [string, Answered])[]> {
  const own = (await allEndpoints()).filter(({ method }) => method === 'GET').map((one) => pathOf(one));
  const v4 = v4Api.filter(({ method }) => method === 'GET').map(({ path }) => path);
  const paths = [
    ...own,
    ...own.filter((path) => path.includes('/site')).map((path) => path.replace('/site', '/shared')),
    ...own.filter((path) => path.includes('/site')).map((path) => path.replace('/site', '/web')),
    ...v4.map((path) => `/api/v4${path.replaceAll(/:name|:id/g, 'site').replace(':part', 'bridge')}`),
    ...['auth', 'auth_http', 'http_server', 'tls', 'basic'].map((part) => `/api/v4/configuration/${part}`),
    '/api/v1/openapi.json',
  ];
  const answers: (readonly [string, Answered])[] = [];
  for (const [at, path] of paths.entries()) {
    const headers = { authorization: `Bearer ${kit.token}` };
    answers.push([path, await kit.ask(`GET ${path}`, { address: `10.4.0.${at}`, headers })]);
  }
  answers.push(['/metrics', await kit.ask('GET /metrics', { headers: { authorization: 'Bearer canary-2' } })]);
  return answers;
}

t.test('no page tells a secret, whatever was changed and tested before', async (t) => {
  const kit = await opened();
  const changes = {
    auth: { jwt: { secret: 'canary-12-canary-12-canary-12-canary-12' }, password: { bob: 'canary-13' } },
    bridges: { mqtt: { site: { password: 'canary-14', proxy: 'http://u:canary-15@10.0.0.8:3128' } } },
  };
  const said: Answered[] = [
    await kit.change('POST /api/v1/config/check', { changes }),
    await kit.change('POST /api/v1/config/apply', { changes, note: 'new secrets' }),
    await kit.change('PATCH /api/v1/bridges/shared', { ssl: { psk: `${hex}${hex}` } }),
    await kit.change('POST /api/v1/bridges/test', { name: 'site' }),
    await kit.change('PUT /api/v1/mqtt-users/carol', { password: 'canary-16' }),
    await kit.change('POST /api/v1/users', { username: 'dave', role: 'viewer', password: 'canary-17' }),
  ];
  t.strictSame(
    said.map(({ status }) => status),
    [200, 200, 200, 200, 200, 201],
  );
  for (const { text } of said) t.notMatch(text, marks);
  for (const [path, { status, text, taken }] of await readAll(kit)) {
    t.notMatch(text + taken(), marks, path);
    t.ok(status < 500, `${path}: ${status}`);
  }
  t.notMatch(kit.world.log.lines.join('\n'), marks, 'the log');
  await kit.close();
});

t.test('no refusal tells a secret, whichever value was wrong', async (t) => {
  const kit = await opened();
  const wrong: readonly (readonly [line: string, body: unknown])[] = [
    ['PATCH /api/v1/bridges/shared', { ssl: { psk: 'canary-no-hex' } }],
    ['PATCH /api/v1/bridges/site', { password: { nested: 'canary-18' } }],
    ['PATCH /api/v1/bridges/site', { proxy: 'ftp://u:canary-19@h:1' }],
    ['PATCH /api/v1/bridges/site', { server: 'mqtt-tcp://u:canary-20@h:1883' }],
    ['PATCH /api/v1/bridges/site', { passwort: 'canary-21' }],
    ['PATCH /api/v1/bridges/web', { ws_headers: ['canary-22'] }],
    ['POST /api/v1/config/check', { changes: { auth: { jwt: { secret: 'canary-23', algorithm: 'RS256' } } } }],
    ['POST /api/v1/config/check', { changes: { auth: { password: { eve: '$7$canary-24' } } } }],
    ['POST /api/v1/config/check', { changes: { http_server: { metrics_key: ['canary-25'] } } }],
    ['POST /api/v4/config_update', 'auth { jwt { secret = "canary-26" '],
    ['POST /api/v1/login', { username: 'admin', password: 'canary-27' }],
    ['POST /api/v1/login', { username: 'admin', password: ['canary-28'] }],
    ['POST /api/v1/session/password', { oldPassword: 'canary-29', newPassword: 'canary-30' }],
    ['POST /api/v1/users', { username: 'x y', role: 'viewer', password: 'canary-31' }],
    ['POST /api/v1/login', '{ "password": "canary-32"'],
  ];
  for (const [at, [line, body]] of wrong.entries()) {
    const headers = { authorization: `Bearer ${kit.token}` };
    const asking = kit.ask(line, { address: `10.5.0.${at}`, headers, body });
    const { status, text } = await kit.inTime(asking, 6000);
    t.ok(status >= 400 || /"isValid":false/.test(text), `${line}: ${status} ${text}`);
    t.notMatch(text, marks, line);
  }
  t.notMatch(kit.world.log.lines.join('\n'), marks, 'the log');
  await kit.close();
});

t.test('no password, token or key is compared with === where strangers show them', async (t) => {
  const breaking = [
    'if (password === user.password) a();',
    'if (shown !== this.#apiKey) a();',
    'if (user.secret == known) a();',
  ];
  const fine = ['if (token === undefined) a();', "if (typeof secret === 'string') a();", "if (token !== '') a();"];
  for (const text of breaking) t.equal(comparedSecrets(sourceFile('src/http/a.ts', text)).length, 1, text);
  for (const text of fine) t.strictSame(comparedSecrets(sourceFile('src/access/a.ts', text)), [], text);
  t.strictSame(readTree(['src']).flatMap(comparedSecrets), []);
});
