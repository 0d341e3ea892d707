// Debian's python3-paho-mqtt against our broker, in every version, over TCP and TLS: what a gateway in Python does.
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { fixturePath } from '../kit/fixtures.ts';
import { certificate, RealWorld } from '../kit/real-world.ts';

const run = promisify(execFile);

/** A Python that has paho: Debian's own is often not the first of the path. */
function findPython(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((python) => {
    try {
      execFileSync(python, ['-c', 'import paho.mqtt.client'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const python = findPython();

function options(): { readonly skip?: string } {
  if (python !== undefined) return {};
  const reason = 'not installed: python3-paho-mqtt';
  if (process.env.VIADUCT_E2E === 'required') throw new Error(`a part is required here, but ${reason}`);
  return { skip: reason };
}

for (const version of [ProtocolVersion.v31, ProtocolVersion.v311, ProtocolVersion.v5]) {
  for (const transport of ['tcp', 'tls']) {
    const steps = 'every QoS, retained messages, sessions, wills, take-over, a burst';
    t.test(`paho in version ${version} over ${transport}: ${steps}`, options(), async (t) => {
      const world = new RealWorld(t);
      const isEncrypted = transport === 'tls';
      const { port } = await world.openBroker({}, isEncrypted ? certificate('server') : undefined);
      const authority = isEncrypted ? [fixturePath('tls/ca.pem')] : [];
      const parts = [
        fixturePath('paho/conversation.py'),
        'localhost',
        `${port}`,
        `${version}`,
        transport,
        ...authority,
      ];
      const { stdout } = await run(python ?? '', parts, { timeout: 60_000 });
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const got = Object.fromEntries(lines.map((one) => [one.step, one.got]));
      t.strictSame(got, {
        'session present': 0,
        granted: [2, 0, 1],
        'every QoS': [
          ['low', 'x', 0, 0],
          ['t/a', '0', 0, 0],
          ['t/a', '1', 1, 0],
          ['t/a', '2', 2, 0],
          ['t/long', 'y', 2, 0],
        ],
        'the long one': 200_000,
        retained: [['r/kept', 'kept', 1, 1]],
        // 3.1 does not tell
        'session kept': version === ProtocolVersion.v31 ? 0 : 1,
        'what waited at QoS 1': Array.from({ length: 10 }, (_one, index) => 2 * index),
        'what waited at QoS 2': Array.from({ length: 10 }, (_one, index) => 2 * index + 1),
        'after unsubscribing': 20,
        'the will': ['w/willing', 'gone', 1, 0],
        'taken over': true,
        'a burst in order': true,
        done: true,
      });
    });
  }
}
