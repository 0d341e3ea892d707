// The section `listeners`: every kind of listener, with every key.
import t from 'tap';
import { loadConfig } from '../../../src/config/load.ts';
import { NodeDisk } from '../../../src/ports/node-disk.ts';
import { fixturePath } from '../../kit/fixtures.ts';

t.test('listeners of every kind arrive with everything that they were told', async (t) => {
  const { config, pems } = await loadConfig({
    path: fixturePath('config/valid/listeners.conf'),
    disk: new NodeDisk(),
    environment: {},
    hostname: 'x',
  });
  const { listeners } = config;
  t.strictSame(
    listeners.map(({ name, host, port }) => `${name} ${host}:${port}`),
    [
      'tcp.inside ::1:1884',
      'tcp.default *:1883',
      'ssl.default 0.0.0.0:8883',
      'ws.default 0.0.0.0:8083',
      'wss.default 0.0.0.0:8084',
      'unix.default :0',
    ],
  );
  const [inside, tcp, ssl, ws, wss, unix] = listeners;
  t.match(inside, { isIpv6Only: true, proxySources: ['10.0.0.0/8', '::1'] });
  t.strictSame(tcp, {
    name: 'tcp.default',
    host: '*',
    port: 1883,
    isNoDelay: false,
    keepAliveDelayMs: 60_000,
    connectionsMax: 5000,
    connectionRate: { perSecond: 100, burst: 500 },
    messageRate: { perSecond: 50, burst: 50 },
    byteRate: { perSecond: 65_536, burst: 65_536 },
    limits: {
      maximumPacketSize: 1_048_576,
      connectTimeoutMs: 5000,
      keepAliveSMax: 600,
      keepAliveSMin: 10,
      maximumQos: 1,
      topicAliasMaximum: 5,
      isAnonymousAllowed: false,
      versions: [4, 5],
    },
    backlog: 128,
  });
  t.match(ssl, {
    limits: { certificateName: 'common-name' },
    handshakeTimeoutMs: 3000,
    handshakesMax: 50,
    tls: {
      versionMin: 'TLSv1.3',
      ciphers: 'TLS_AES_256_GCM_SHA384',
      alpnProtocols: ['mqtt', 'x-amzn-mqtt-ca'],
      namedCertificates: [{ serverName: 'elsewhere.example', keyFile: '../../tls/wrong-name.key' }],
    },
  });
  t.strictSame(ws?.webSocket, { path: '/devices', origins: ['https://example.com'], pingIntervalMs: 30_000 });
  t.match(wss, { webSocket: { path: '/secure', pingIntervalMs: 0 }, tls: { certificateFile: '../../tls/server.pem' } });
  t.match(unix, { socketPath: '/tmp/viaduct.sock', socketMode: 0o660 });
  t.ok(pems.has('../../tls/wrong-name.key'), 'files of names are read too');
});
