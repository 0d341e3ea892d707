// The one file while it runs: parts that it has not read yet come from the file that it was started from, and what
// reads configurations is there again for the next one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { freePort, untilListening } from '../kit/mosquitto.ts';
import { allPrograms } from '../kit/programs.ts';
import { until } from '../kit/real-world.ts';

const { programs, remove } = allPrograms();
t.teardown(remove);
t.setTimeout(60_000);

t.test('the one file goes on when another one takes its place, and reads configurations again and again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-one-file-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [file, config, port] = [join(folder, 'viaduct.cjs'), join(folder, 'viaduct.conf'), await freePort()];
  copyFileSync(programs.find(({ name }) => name === 'the bundle')?.args.at(-1) ?? '', file);
  const listener = `listeners.tcp { bind = "127.0.0.1:${port}" }\n`;
  writeFileSync(config, listener);
  const child = spawn(process.execPath, [file, 'start', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  await untilListening(port);
  writeFileSync(`${file}.new`, 'not a program');
  renameSync(`${file}.new`, file);

  const bridge = (name: string): string =>
    `bridges.mqtt.${name} { server = "mqtt-tcp://127.0.0.1:1", forwards = [{ local_topic = "a/#", remote_topic = "" }] }\n`;
  writeFileSync(config, listener + bridge('first'));
  child.kill('SIGHUP');
  await until('the first reload', () => log.split('configuration reloaded').length === 2);
  writeFileSync(config, listener + bridge('first') + bridge('second'));
  child.kill('SIGHUP');
  await until('the second reload', () => log.split('configuration reloaded').length === 3);
  writeFileSync(config, 'listeners.tcp { bindd = 1 }\n');
  child.kill('SIGHUP');
  await until('the refusal', () => log.includes('reload refused'));
  t.match(log, /bindd/, 'a fault is told as at the start');

  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  t.same(await exited, [0, null]);
});
