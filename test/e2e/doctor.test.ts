// The doctor against mosquitto in the states in which people find it: each is told in words that say what is wrong,
// with something that can be done about it.
// Rules of access are those of a file; nothing is written but there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { nodePorts } from '../../src/app/node-ports.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { examine } from '../../src/bridge/doctor.ts';
import { fixturePath } from '../kit/fixtures.ts';
import { freePort, Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { authority } from '../kit/real-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-doctor-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Rules that the user `gw` may follow in part. */
const rules = 'user gw\ntopic readwrite ok/#\ntopic read cmd/#\n';

t.test('mosquitto in several states: each is told with its cause and a remedy', needs('mosquitto'), async (t) => {
  writeFileSync(join(folder, 'acl'), rules);
  const [tls, expired, elsewhere, mutual, nobody] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const listener = (port: number, name: string): readonly string[] => [
    `listener ${port} 127.0.0.1`,
    `certfile ${fixturePath(`tls/${name}.pem`)}`,
    `keyfile ${fixturePath(`tls/${name}.key`)}`,
  ];
  const mosquitto = await Mosquitto.start([
    `acl_file ${join(folder, 'acl')}`,
    ...listener(tls, 'server'),
    ...listener(expired, 'expired'),
    ...listener(elsewhere, 'wrong-name'),
    ...listener(mutual, 'server'),
    `cafile ${fixturePath('tls/ca.pem')}`,
    'require_certificate true',
  ]);
  t.teardown(() => mosquitto.dispose());
  const told = async (port: number, more: Partial<BridgeSettings> & { readonly remoteTopic?: string } = {}) => {
    const { remoteTopic = 'ok/#', ...others } = more;
    const settings: BridgeSettings = {
      name: 'b',
      clientId: 'gw',
      username: 'gw',
      forwards: [{ localTopic: 'm/#', remoteTopic }],
      subscriptions: [{ remoteTopic: 'cmd/#', localTopic: '', qos: 1 }],
      remote: { host: 'localhost', port },
      ...others,
    };
    const steps = await examine(nodePorts(), settings, { timeoutMs: 5000 });
    return steps.map(({ name, state, detail, remedy }) => `${name} ${state}: ${detail} -> ${remedy}`).join('\n');
  };
  const at = (port: number, trusted = authority('ca')) => ({ remote: { host: 'localhost', port, tls: trusted } });
  t.match(await told(mosquitto.port), /dns ok: localhost is [\s\S]*publish ok: ok\/#, tried as ok\/viaduct-doctor/);
  t.match(
    await told(mosquitto.port, { remoteTopic: 'no/#' }),
    /publish failed: publishing to no\/.* -> the remote has to/,
  );
  t.match(await told(mosquitto.port, { version: 4 }), /publish ok: ok\/.* comes back[\s\S]*echo warning/);
  t.match(await told(nobody), /tcp failed: nobody listens on localhost:\d+ -> check the port/);
  t.match(await told(tls, at(tls)), /tls ok: CN=localhost, signed by CN=.*, valid from \d{4}-\d\d-\d\d to /);
  t.match(await told(expired, at(expired)), /tls failed: .*has expired -> .*out of date/);
  t.match(await told(elsewhere, at(elsewhere)), /tls failed: .* but for elsewhere\.example -> use the name/);
  t.match(
    await told(tls, at(tls, authority('other-ca'))),
    /tls failed: .*not signed by a trusted .* -> put the authority/,
  );
  t.match(await told(mosquitto.port, at(mosquitto.port)), /tls failed: .* -> often TLS is expected/);
  t.match(await told(tls), /connect failed: the remote hung up .* -> often TLS is expected/);
  t.match(await told(mutual, at(mutual)), /connect failed: .*wants a certificate.* -> put certificate and key/);
});
