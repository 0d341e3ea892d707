// Placeholders: one file for many machines, and a clear word where something is missing. What stands for something in
// each message is left for the rules.
import t from 'tap';
import { ConfigError } from '../../../src/base/errors.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

function load(text: string, environment: Record<string, string> = {}): ReturnType<typeof loadConfig> {
  return loadConfig({ path: 'v.conf', disk: new MemoryDisk({ 'v.conf': text }), environment, hostname: 'gateway-7' });
}

t.test('variables, the host name and the name of the bridge stand in quoted texts', async (t) => {
  const text = `bridges.mqtt.cloud {
    server = "mqtt-tcp://h:1883"
    clientid = "\${hostname}.\${bridge}.\${env:SITE}"
    forwards = [ {
      local_topic = "up/{x#}", remote_topic = "\${env:SITE}/\${clientid}/{x}", user_property { at = "\${hostname}" }
    } ]
  }`;
  const { config } = await load(text, { SITE: 'berlin' });
  t.match(config.bridges, [
    {
      clientId: 'gateway-7.cloud.berlin',
      forwards: [{ remoteTopic: 'berlin/${clientid}/{x}', userProperties: [['at', 'gateway-7']] }],
    },
  ]);
});

t.test('a variable that is not set is a fault at its key', async (t) => {
  const error = await load('bridges.mqtt.c {\n server = "mqtt-tcp://h:1883"\n clientid = "${env:NOBODY}"\n}').catch(
    (reason: unknown) => reason,
  );
  t.ok(error instanceof ConfigError);
  t.match(error, {
    message: /v\.conf:3:\d+: bridges\.mqtt\.c\.clientid .*expected the environment to have a variable NOBODY/,
  });
});

t.test('a rule that is switched off is checked and left out', async (t) => {
  const rule = (key: string): string => `{ local_topic = a, remote_topic = b, ${key} }`;
  const of = (key: string): string =>
    `bridges.mqtt.c { server = "mqtt-tcp://h:1", forwards = [ ${rule(key)}, ${rule('note = n')} ] }`;
  t.match((await load(of('enable = false'))).config.bridges[0]?.forwards, [{ note: 'n' }]);
  await t.rejects(load(of('enable = false, exclude = "x/#/y"')), /the excluded filter 'x\/#\/y'/);
  await t.rejects(load(of('user_property { a = "${b}" }')), /user_property.a: '\$\{b\}': \$\{b\} is none of/);
  await t.rejects(load(of('min_interval = 5')), /a time with its unit/);
});
