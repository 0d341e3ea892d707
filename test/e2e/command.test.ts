// The command `viaduct` as a user runs it: what it prints, its exit codes, its signals. As the package, and as the one
// file for devices.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { fixturePath } from '../kit/fixtures.ts';
import { freePort, untilListening } from '../kit/mosquitto.ts';
import { allPrograms, type Program } from '../kit/programs.ts';
import { until } from '../kit/real-world.ts';

const { programs, remove } = allPrograms();
t.teardown(remove);
t.setTimeout(240_000);

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const folder = mkdtempSync(join(tmpdir(), 'viaduct-command-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function configure(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A running `viaduct start`. */
class Started {
  readonly child: ChildProcess;
  log = '';

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr?.on('data', (chunk) => {
      this.log += String(chunk);
    });
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
    return this.child.exitCode;
  }
}

/** A shell in which one form of the command is run. */
class Shell {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Runs a command to its end. */
  run(args: readonly string[], input = ''): Promise<Ran> {
    return new Promise((resolve) => {
      const all = [...this.#program.args, ...args];
      const child = execFile(process.execPath, all, { timeout: 60_000 }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
      });
      child.stdin?.end(input);
    });
  }

  /** Starts it with a configuration. */
  start(path: string): Started {
    return new Started([...this.#program.args, 'start', '--config', path]);
  }
}

async function tellUsage(t: Test, shell: Shell): Promise<void> {
  const bare = await shell.run([]);
  t.equal(bare.code, 2);
  t.match(bare.out, /viaduct COMMAND --help/);
  t.match(await shell.run(['--version']), { code: 0, out: /^\d+\.\d+\.\d+\n$/ });
  for (const command of ['start', 'check', 'map', 'import', 'doctor', 'pub', 'sub', 'demo']) {
    t.match(await shell.run([command, '--help']), { code: 0, out: new RegExp(`Usage: viaduct ${command}`) });
  }
  t.match(await shell.run(['fly']), { code: 2, err: /no command 'fly'/ });
  t.match(await shell.run(['pub', '-t', 'a']), { code: 2, err: /exactly one of -m, -f, -l, -s and -n/ });
  t.match(await shell.run(['pub', '-t', 'a', '-m', 'x', '-q', '3']), {
    code: 2,
    err: /--qos 3: expected a whole number from 0 to 2/,
  });
  t.match(await shell.run(['sub', '--nonsense']), { code: 2, err: /nonsense/ });
  t.match(await shell.run(['start']), { code: 2, err: /--config FILE/ });
}

async function tellFaults(t: Test, shell: Shell): Promise<void> {
  t.match(await shell.run(['check', fixturePath('config/valid/minimal.conf')]), {
    code: 0,
    out: /minimal\.conf: fine/,
  });
  const wrong = await shell.run(['check', fixturePath('config/invalid/keys.conf')]);
  t.equal(wrong.code, 78);
  t.match(wrong.err, /keys\.conf:7:\d+: bridges\.mqtt\.cloud\.resend_intervall.*did you mean resend_interval\?/);
  t.match(await shell.run(['start', '--config', fixturePath('config/invalid/syntax.conf')]), {
    code: 78,
    err: /syntax\.conf:2:10/,
  });
  t.match(await shell.run(['check', 'nowhere.conf']), { code: 78, err: /nowhere\.conf/ });
  const rules = configure(
    'rules.conf',
    `bridges.mqtt.cloud { server = "mqtt-tcp://h:1", forwards = [ { local_topic = "{a}/t", remote_topic = "\${bridge}/{a}" } ] }`,
  );
  t.match(await shell.run(['map', rules, 'x/t']), {
    code: 0,
    out: /^ {2}WAY +RULE +TOPIC +QOS +RETAIN\nx\/t\n {2}here -> cloud {2}forwards\.0 {2}cloud\/x {2}1 {4}no\n$/,
  });
  t.match(await shell.run(['map', rules, 'y', '--from', 'local']), { code: 1, out: 'y\n  no rule is about it\n' });
  t.match(await shell.run(['import', 'mosquitto', fixturePath('import/mosquitto.conf'), '-q']), {
    code: 1,
    out: /^# made from .*\n\nauth \{\n/,
    err: /27 {2}not carried {2}frobnicate yes: .*\n\d+ kept, \d+ changed, \d+ not carried\n$/,
  });
  t.match(await shell.run(['import', 'hivemq-edge', fixturePath('import/hivemq-edge.xml')]), {
    code: 1,
    out: /cloud-one/,
  });
  t.match(await shell.run(['import', 'cisco', 'x']), { code: 2, err: /expected nanomq, mosquitto or hivemq-edge/ });
  t.match(await shell.run(['map', rules]), { code: 2, err: /a file and a topic are needed/ });
}

async function carryMessages(t: Test, shell: Shell): Promise<void> {
  const [near, far] = [await freePort(), await freePort()];
  const cloud = shell.start(configure('cloud.conf', `listeners.tcp { bind = "127.0.0.1:${far}" }`));
  await untilListening(far);
  const edge = shell.start(
    configure(
      'edge.conf',
      `listeners.tcp { bind = "127.0.0.1:${near}" }
       bridges.mqtt.cloud {
         server = "mqtt-tcp://127.0.0.1:${far}"
         forwards = [ { local_topic = "up/#", remote_topic = "edge/up/#", qos = 1 } ]
         subscription = [ { remote_topic = "edge/down/#", local_topic = "down/#", qos = 1 } ]
       }`,
    ),
  );
  t.teardown(() => Promise.all([edge.end('SIGKILL'), cloud.end('SIGKILL')]));
  await untilListening(near);
  await until('the bridge', () => edge.log.includes('bridge connected'));
  const listening = shell.run([
    'sub',
    '-p',
    `${far}`,
    '-t',
    'edge/up/#',
    '-q',
    '1',
    '-C',
    '4',
    '-W',
    '20',
    '-v',
    '-V',
    '311',
  ]);
  const down = shell.run(['sub', '-p', `${near}`, '-t', 'down/#', '-q', '1', '-C', '1', '-W', '20', '-F', '%t|%p|%q']);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  t.match(await shell.run(['pub', '-p', `${near}`, '-t', 'up/a', '-m', 'one', '-q', '2']), {
    code: 0,
    out: '',
    err: '',
  });
  t.match(await shell.run(['pub', '-p', `${near}`, '-t', 'up/a', '-l', '-q', '1', '-V', '31'], 'two\nthree\nfour'), {
    code: 0,
  });
  t.match(await listening, { code: 0, out: 'edge/up/a one\nedge/up/a two\nedge/up/a three\nedge/up/a four\n' });
  await shell.run(['pub', '-p', `${far}`, '-t', 'edge/down/x', '-m', 'back', '-q', '1']);
  t.match(await down, { code: 0, out: 'down/x|back|1\n' });
  t.equal(await edge.end(), 0);
  t.match(edge.log, /"msg":"closed"/);
  t.match(await shell.run(['pub', '-p', `${near}`, '-t', 'a', '-m', 'x']), {
    code: 1,
    err: /nobody listens on .*ERR_LINK_CONNECT/,
  });
  t.equal(await cloud.end('SIGINT'), 0);
}

async function tellPort(t: Test, shell: Shell): Promise<void> {
  const port = await freePort();
  const path = configure('port.conf', `listeners.tcp { bind = "127.0.0.1:${port}" }`);
  const first = shell.start(path);
  t.teardown(() => first.end('SIGKILL'));
  await untilListening(port);
  t.match(await shell.run(['start', '--config', path]), {
    code: 1,
    err: new RegExp(`port ${port} .* in use by .*pid ${first.child.pid}`),
  });
}

async function reload(t: Test, shell: Shell): Promise<void> {
  const port = await freePort();
  const listener = `listeners.tcp { bind = "127.0.0.1:${port}" }\n`;
  const path = configure('reload.conf', listener);
  const started = shell.start(path);
  t.teardown(() => started.end('SIGKILL'));
  await untilListening(port);
  const publish = (...more: readonly string[]): Promise<Ran> =>
    shell.run(['pub', '-p', `${port}`, '-t', 'a', '-m', 'x', '-q', '1', ...more]);
  t.equal((await publish()).code, 0);
  writeFileSync(
    path,
    `${listener}auth { allow_anonymous = false, password { gw = "secret" } }
    bridges.mqtt.late { server = "mqtt-tcp://127.0.0.1:1", forwards = [ { local_topic = "x", remote_topic = "" } ] }`,
  );
  started.child.kill('SIGHUP');
  await until('the reload', () => started.log.includes('configuration reloaded'));
  t.match(await publish(), { code: 1, err: /not authorized/ });
  t.equal((await publish('-u', 'gw', '-P', 'secret')).code, 0);
  await until('the new bridge', () => started.log.includes('"bridge":"late"'));
  writeFileSync(path, 'nonsense {');
  started.child.kill('SIGHUP');
  await until('the refusal', () => started.log.includes('reload refused'));
  t.equal((await publish('-u', 'gw', '-P', 'secret')).code, 0);
  t.equal(await started.end(), 0);
}

async function control(t: Test, shell: Shell): Promise<void> {
  const [port, next, web] = [await freePort(), await freePort(), await freePort()];
  const served = `http_server { port = ${web}, password = "a-long-enough-one" }\n`;
  const path = configure('control.conf', `${served}listeners.tcp { bind = "127.0.0.1:${port}" }`);
  const started = shell.start(path);
  t.teardown(() => started.end('SIGKILL'));
  await untilListening(port);
  await untilListening(web);
  const headers = { authorization: `Basic ${Buffer.from('admin:a-long-enough-one').toString('base64')}` };
  const say = async (verb: string): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${web}/api/v4/ctrl/${verb}`, { method: 'POST', headers });
    return answer.json();
  };
  writeFileSync(path, 'nonsense {');
  t.match(await say('restart'), { code: 0 });
  await until('the refusal', () => started.log.includes('restart refused'));
  writeFileSync(path, `${served}listeners.tcp { bind = "127.0.0.1:${next}" }`);
  t.match(await say('restart'), { code: 0 });
  await untilListening(next);
  await untilListening(web);
  t.equal((await shell.run(['pub', '-p', `${next}`, '-t', 'a', '-m', 'x', '-q', '1'])).code, 0);
  t.equal((await shell.run(['pub', '-p', `${port}`, '-t', 'a', '-m', 'x', '-q', '1'])).code, 1, 'the first has ended');
  const exited = once(started.child, 'exit');
  t.match(await say('stop'), { code: 0 });
  t.same(await exited, [0, null]);
}

async function demonstrate(t: Test, shell: Shell): Promise<void> {
  const { code, out } = await shell.run(['demo']);
  t.equal(code, 0, out);
  t.match(out, /bridge waiting/);
  t.match(out, /Nothing lost, nothing out of order, QoS 2 exactly once\./);
}

async function secure(t: Test, shell: Shell): Promise<void> {
  const port = await freePort();
  const [key, certificate] = [resolve(fixturePath('tls/server.key')), resolve(fixturePath('tls/server.pem'))];
  const path = configure(
    'tls.conf',
    `listeners.ssl { bind = "127.0.0.1:${port}", keyfile = "${key}", certfile = "${certificate}" }`,
  );
  const started = shell.start(path);
  t.teardown(() => started.end('SIGKILL'));
  await untilListening(port);
  const publish = ['pub', '-h', 'localhost', '-p', `${port}`, '-t', 'a', '-m', 'x', '-q', '1'];
  t.match(await shell.run([...publish, '--cafile', fixturePath('tls/ca.pem')]), { code: 0, err: '' });
  t.match(await shell.run([...publish, '--cafile', fixturePath('tls/other-ca.pem')]), { code: 1, err: /ERR_LINK_TLS/ });
  t.equal(await started.end(), 0);
}

for (const one of programs) {
  t.test(one.name, async (t) => {
    const shell = new Shell(one);
    await t.test('usage: help, version, and what is wrong with the flags, with exit code 2', (t) =>
      tellUsage(t, shell),
    );
    await t.test('a configuration that is wrong is told line by line, with exit code 78', (t) => tellFaults(t, shell));
    await t.test('start, pub and sub: messages cross, through a bridge too; SIGTERM ends in order', (t) =>
      carryMessages(t, shell),
    );
    await t.test('a port in use is told with the port and who holds it; exit code 1', (t) => tellPort(t, shell));
    await t.test('SIGHUP takes over users, rules and bridges; a wrong configuration changes nothing', (t) =>
      reload(t, shell),
    );
    await t.test('who is admin has the program begin anew, and end, over /api/v4', (t) => control(t, shell));
    await t.test('TLS is there when it is configured, and trusts whom it was told to', (t) => secure(t, shell));
  });
}

// it takes its time, and is the same in every form
t.test('the demo pulls the plug and its account is clean', async (t) => {
  const [one] = programs;
  if (one) await demonstrate(t, new Shell(one));
});
