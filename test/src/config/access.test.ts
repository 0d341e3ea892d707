// The section `auth` as it arrives: methods that decide about access,
// with the texts of the files that they name. What is wrong with such a
// section is the matter of config.test.ts.
import t from 'tap';
import { loadConfig } from '../../../src/config/load.ts';
import { NodeDisk } from '../../../src/ports/node-disk.ts';
import { fixturePath } from '../../kit/fixtures.ts';

t.test('a web server and tokens arrive, with the texts of their files', async (t) => {
  const { config, pems } = await loadConfig({
    path: fixturePath('config/valid/methods.conf'),
    disk: new NodeDisk(),
    environment: {},
    hostname: 'site',
  });
  t.match(config.auth, {
    order: ['jwt', 'http', 'password'],
    http: {
      login: {
        method: 'POST',
        url: 'https://127.0.0.1:9090/auth',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        parameters: [
          ['clientid', '%c'],
          ['username', '%u'],
          ['password', '%P'],
        ],
      },
      topic: { method: 'GET' },
      timeoutMs: 3000,
      connectTimeoutMs: 1000,
      ttlMs: 10_000,
      connectionsMax: 8,
      isFailureIgnored: false,
      tls: { authoritiesFile: '../../tls/ca.pem', isPeerVerified: true },
    },
    token: {
      algorithm: 'ES256',
      leewayS: 5,
      usernameClaim: 'sub',
      issuer: 'site',
      rulesClaim: 'acl',
      isExpiryRequired: true,
    },
  });
  t.match(pems.get('../../tls/ca.pem'), /BEGIN CERTIFICATE/);
});
