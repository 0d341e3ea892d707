// Socket activation: a socket that was open before the program began is the one it listens on, and whoever connected
// meanwhile is served. The service manager is played by the test: it opens the socket and hands it over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { until } from '../kit/real-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-activation-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, 'v.conf');
writeFileSync(config, 'listeners.tcp { bind = "systemd:mqtt" }\n');

/** Our program, as systemd starts it: the socket is descriptor 3, and the environment says so. */
function start(descriptor: number, names: string) {
  const program = [process.execPath, resolve('build/src/app/main.js'), 'start', '--config', config];
  const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...program], {
    env: { ...process.env, LISTEN_FDS: '1', LISTEN_FDNAMES: names },
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
  });
  const log: string[] = [];
  child.stderr?.on('data', (chunk) => log.push(String(chunk)));
  return { child, log };
}

t.test('a socket of systemd is listened on, and who came before the program is served', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const handle: unknown = Reflect.get(server, '_handle');
  const descriptor = typeof handle === 'object' && handle !== null ? Number(Reflect.get(handle, 'fd')) : -1;
  const port = typeof address === 'object' ? address?.port : undefined;
  const { child, log } = start(descriptor, 'mqtt');
  server.close();
  const early = connect(port ?? 0, '127.0.0.1');
  t.teardown(() => early.destroy());
  // CONNECT of 3.1.1 with the client id `a`
  early.write(Buffer.from('100d00044d51545404020000000161', 'hex'));
  const [answer] = await once(early, 'data');
  t.equal(Buffer.from(answer).toString('hex'), '20020000', 'CONNACK');
  t.match(log.join(''), new RegExp(`"port":${port}.*listening|listening.*${port}`));
  child.kill('SIGTERM');
  await once(child, 'exit');
});

t.test('a socket that was not handed over is told, with what there is', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const handle: unknown = Reflect.get(server, '_handle');
  const descriptor = typeof handle === 'object' && handle !== null ? Number(Reflect.get(handle, 'fd')) : -1;
  const { child, log } = start(descriptor, 'other');
  server.close();
  const [code] = await once(child, 'exit');
  t.equal(code, 1);
  await until('the reason', () => log.join('').includes('1 were handed over, and free are other'));
});
