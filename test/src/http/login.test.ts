// Logging in, staying logged in, and everything that must not get in.
import t from 'tap';
import { loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { adminPassword, WebKit, webSection } from '../../kit/web.ts';

t.test('a login gives a token, and the token opens what the role may see', async (t) => {
  const kit = await WebKit.start();
  t.match(await kit.call('GET /api/v1/status'), { status: 401, body: { code: 'ERR_HTTP_UNAUTHENTICATED' } });
  t.match(await kit.login(), { status: 200, body: { username: 'admin', role: 'admin', mustChangePassword: false } });
  const status = await kit.call('GET /api/v1/status');
  t.match(status, { status: 200, body: { hostname: 'gateway', broker: { state: 'open' }, bridges: [] } });
  t.match(await kit.call('POST /api/v1/logout'), { status: 204 });
  t.match(await kit.call('GET /api/v1/status'), { status: 401 });
  await kit.close();
});

t.test('a page gets a cookie that scripts cannot read and other pages cannot send', async (t) => {
  const kit = await WebKit.start();
  const body = { username: 'admin', password: adminPassword };
  const login = await kit.ask('POST /api/v1/login', { body });
  const cookie = String(login.headers['set-cookie']);
  t.match(cookie, /^viaduct_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  t.notMatch(login.text, /token/);
  const encrypted = await kit.ask('POST /api/v1/login', { body, isEncrypted: true });
  t.match(String(encrypted.headers['set-cookie']), /^__Host-viaduct=.*; Secure$/);
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  t.match(await kit.ask('GET /api/v1/session', { headers }), { status: 200, body: { username: 'admin' } });
  const from = (more: Record<string, string>): Promise<{ status: number }> =>
    kit.ask('DELETE /api/v1/clients/x', { headers: { ...headers, ...more } });
  t.match(await from({}), { status: 403, body: { code: 'ERR_HTTP_FOREIGN_ORIGIN' } }, 'neither header nor origin');
  t.match(await from({ origin: 'http://evil.example', 'x-viaduct': '1' }), { status: 403 });
  t.match(await from({ origin: 'http://localhost:8081' }), { status: 404 }, 'our own page');
  t.match(await from({ 'x-viaduct': '1' }), { status: 404 });
  await kit.close();
});

t.test('names that are not ours are refused, so that no page elsewhere can point its own name here', async (t) => {
  const kit = await WebKit.start();
  const as = async (host: string): Promise<number> =>
    (await kit.ask('GET /api/v1/health', { headers: { host } })).status;
  t.equal(await as('evil.example:8081'), 421);
  t.equal(await as(''), 421);
  for (const host of ['localhost', 'LOCALHOST:8081', '127.0.0.1:8081', '[::1]:8081', 'gateway', 'gate.example:443']) {
    t.equal(await as(host), 200, host);
  }
  await kit.close();
});

t.test('guessing is stopped for its address, and nobody else has to wait', async (t) => {
  const kit = await WebKit.start();
  const guess = (address: string, password: string): Promise<{ status: number }> =>
    kit.ask('POST /api/v1/login', { body: { username: 'admin', password }, address });
  for (let count = 0; count < 5; count++) t.match(await guess('10.0.0.9', 'wrong'), { status: 401 });
  t.match(await guess('10.0.0.9', adminPassword), { status: 429, body: { code: 'ERR_HTTP_TOO_MANY' } });
  t.match(await guess('10.0.0.8', adminPassword), { status: 200 });
  await kit.world.clock.advance(31_000);
  t.match(await guess('10.0.0.9', adminPassword), { status: 200 });
  await kit.close();
});

t.test('a password that was made up is told once, and must be changed before anything else', async (t) => {
  const kit = await WebKit.start(webSection.replace(/password = "[^"]*", /, ''));
  const line = kit.world.log.lines.find((one) => one.includes('first login'));
  const password = /"password":"([^"]+)"/.exec(line ?? '')?.[1] ?? '';
  t.match(await kit.login('admin', password), { status: 200, body: { mustChangePassword: true } });
  t.match(await kit.call('GET /api/v1/status'), { status: 403, body: { code: 'ERR_HTTP_PASSWORD_EXPIRED' } });
  const change = (newPassword: string): Promise<unknown> =>
    kit.call('POST /api/v1/session/password', { oldPassword: password, newPassword });
  t.match(await change('short'), { status: 400, body: { path: 'password' } });
  t.match(await change(password), { status: 400 });
  t.match(await change('a better one'), { status: 204 });
  t.match(await kit.call('GET /api/v1/status'), { status: 200 });
  const kept = kit.disk.files.get('/etc/viaduct.conf.users.json') ?? '';
  t.match(kept, /\$scrypt\$ln=9,r=8,p=8\$/, 'in half a MB, which stays with each of four threads');
  t.notMatch(kept, /a better one/);
  await kit.close();
});

t.test('a login that is not used ends, and one that is used ends as well in the end', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  await kit.world.clock.advance(29 * 60_000);
  t.match(await kit.call('GET /api/v1/session'), { status: 200 });
  await kit.world.clock.advance(31 * 60_000);
  t.match(await kit.call('GET /api/v1/session'), { status: 401 });
  await kit.close();
});

t.test('answers carry headers that keep other pages out of them', async (t) => {
  const kit = await WebKit.start();
  const { headers } = await kit.ask('GET /api/v1/health', {});
  t.match(headers, {
    'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  await kit.close();
});

t.test('unknown paths, methods, types and bodies are told apart', async (t) => {
  const kit = await WebKit.start();
  await kit.login();
  t.match(await kit.call('GET /api/v1/nothing'), { status: 404 });
  t.match(await kit.call('PUT /api/v1/status'), { status: 405 });
  t.match(await kit.call('GET /api/v1/clients?limit=0'), { status: 400, body: { path: 'limit' } });
  t.match(await kit.call('GET /api/v1/clients?colour=red'), { status: 400, body: { path: 'colour' } });
  t.match(await kit.ask('POST /api/v1/login', { body: '{' }), { status: 400 });
  t.match(await kit.ask('POST /api/v1/login', { body: {} }), { status: 400, body: { path: 'username' } });
  t.match(await kit.ask('POST /api/v1/login', { body: {}, headers: { 'content-type': 'text/plain' } }), {
    status: 415,
  });
  t.match(await kit.ask('POST /api/v1/login', { body: { x: 'a'.repeat(2_000_000) } }), { status: 413 });
  await kit.close();
});

t.test('an address that asks too often waits, and nobody else has to', async (t) => {
  const kit = await WebKit.start();
  const health = async (address: string): Promise<number> => (await kit.ask('GET /api/v1/health', { address })).status;
  for (let count = 0; count < 300; count++) if ((await health('10.0.0.7')) !== 200) t.fail(`refused after ${count}`);
  t.match(await kit.ask('GET /api/v1/health', { address: '10.0.0.7' }), {
    status: 429,
    body: { code: 'ERR_HTTP_TOO_MANY' },
  });
  t.equal(await health('10.0.0.8'), 200);
  await kit.world.clock.advance(1000);
  t.equal(await health('10.0.0.7'), 200, 'a hundred more a second');
  await kit.close();
});

t.test('API and dashboard are bound to this machine alone, unless somebody says otherwise', async (t) => {
  const hostOf = async (section: string): Promise<string | undefined> => {
    const disk = new MemoryDisk({ 'v.conf': `http_server { ${section} }` });
    return (await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' })).config.http?.host;
  };
  t.equal(await hostOf('port = 8081'), '127.0.0.1');
  t.equal(await hostOf('ip_addr = "0.0.0.0"'), '0.0.0.0');
});
