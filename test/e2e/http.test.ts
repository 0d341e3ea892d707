// API over real sockets: plain and with TLS, a stream of events, a body that is too long, and an end that leaves
// nothing.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { App } from '../../src/app/app.ts';
import { nodePorts } from '../../src/app/node-ports.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { HttpServer } from '../../src/ports/http-server.ts';
import { serveNodeHttp } from '../../src/ports/node-http-server.ts';
import { auditApp } from '../kit/audit.ts';
import { MemoryLog } from '../kit/world.ts';

const folder = await mkdtemp(join(tmpdir(), 'viaduct-http-'));
t.teardown(() => rm(folder, { recursive: true }));

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request; a stream is left after `enough`. */
function ask(
  url: string,
  more: { headers?: Record<string, string>; method?: string; body?: string; enough?: RegExp } = {},
): Promise<Answer> {
  const { headers = {}, method = 'GET', body, enough } = more;
  const send = url.startsWith('https') ? tlsRequest : plainRequest;
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = send(
      url,
      { method, headers: { ...type, ...headers }, rejectUnauthorized: false, agent: false },
      (response) => {
        let text = '';
        const done = (): void => resolve({ status: response.statusCode ?? 0, text });
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          if (enough?.test(text)) {
            done();
            sent.destroy();
          }
        });
        response.on('end', done).on('error', () => undefined);
      },
    );
    sent.on('error', (error) => reject(error));
    sent.end(body);
  });
}

async function start(section: string): Promise<{ app: App; port: number }> {
  const path = join(folder, 'viaduct.conf');
  await rm(`${path}.users.json`, { force: true });
  await writeFile(
    path,
    `listeners.tcp.default { bind = "127.0.0.1:0" }\nhttp_server { port = 0, password = "correct horse" ${section} }`,
  );
  const ports = nodePorts();
  const loaded = await loadConfig({ path, disk: ports.disk, environment: {}, hostname: 'here' });
  let server: HttpServer | undefined;
  const opened = await App.start(loaded, ports, {
    isTerminal: false,
    hostname: 'here',
    path,
    environment: {},
    log: new MemoryLog(),
    serve: async (options, handler) => {
      server = await serveNodeHttp(options, handler);
      return server;
    },
  });
  return { app: auditApp(opened), port: server?.port ?? 0 };
}

async function tokenOf(base: string): Promise<string> {
  const body = JSON.stringify({ username: 'admin', password: 'correct horse', isCookieWanted: false });
  const { text } = await ask(`${base}/login`, { method: 'POST', body });
  return /"token":"([^"]+)"/.exec(text)?.[1] ?? '';
}

t.test('a program logs in, asks, listens and is refused over a real socket', async (t) => {
  const { app, port } = await start('');
  const base = `http://127.0.0.1:${port}/api/v1`;
  const headers = { authorization: `Bearer ${await tokenOf(base)}` };
  t.match(await ask(`${base}/status`, { headers }), { status: 200, text: /"hostname":"here"/ });
  t.match(await ask(`${base}/live`, { headers, enough: /event: status\n/ }), { status: 200, text: /event: status/ });
  const long = await ask(`${base}/login`, { method: 'POST', body: `"${'x'.repeat(2_000_000)}"` }).catch(
    () => undefined,
  );
  if (long !== undefined) t.match(long, { status: 413 });
  t.match(await ask(`${base}/status`, { headers: { ...headers, host: 'evil.example' } }), { status: 421 });
  t.match(await ask(`${base}/health`, { method: 'HEAD' }), { status: 200, text: '' });
  const users = await stat(join(folder, 'viaduct.conf.users.json'));
  t.equal(users.mode & 0o777, 0o600, 'hashes are for their owner only');
  await app.close(1000);
  await t.rejects(ask(`${base}/health`), { code: 'ECONNREFUSED' });
});

t.test('over TLS the cookie is bound to it', async (t) => {
  for (const name of ['server.pem', 'server.key']) {
    await writeFile(join(folder, name), await readFile(join('fixtures/tls', name)));
  }
  const { app, port } = await start(', ssl { certfile = "server.pem", keyfile = "server.key" }');
  const base = `https://127.0.0.1:${port}/api/v1`;
  const token = await tokenOf(base);
  t.match(await ask(`${base}/session`, { headers: { cookie: `__Host-viaduct=${token}` } }), { status: 200 });
  t.match(await ask(`${base}/session`, { headers: { cookie: `viaduct_session=${token}` } }), { status: 401 });
  await app.close(1000);
});
