// The keys of a bridge's connection: servers, TLS, deadlines; what arrives, and what does not fit together.
import t from 'tap';
import { ConfigError } from '../../../src/base/errors.ts';
import type { BridgeConfig } from '../../../src/config/bridge-config.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

function load(text: string, files: Readonly<Record<string, string>> = {}): Promise<LoadedConfig> {
  const disk = new MemoryDisk({ 'etc/v.conf': text, ...files });
  return loadConfig({ path: 'etc/v.conf', disk, environment: {}, hostname: 'gateway-7' });
}

/** A bridge with a server and `text`. */
async function bridge(text: string): Promise<BridgeConfig | undefined> {
  const { config } = await load(`bridges.mqtt.b { server = "mqtt-tcp://h"\n${text} }`);
  return config.bridges[0];
}

async function faultsOf(loading: Promise<unknown>): Promise<string> {
  try {
    return `no fault, but ${JSON.stringify(await loading)}`;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

t.test('servers of a bridge: addresses of WebSocket, TLS of their own, and what does not fit', async (t) => {
  const config = await bridge(`hybrid_bridging = true, hybrid_servers = [
    "ws://w", "wss://[::1]:8084/path?x=1", { server = "mqtts://s", ssl { sni = "two", tls_version_min = "1.3" } }
  ]`);
  t.match(config?.backups, [
    { host: 'w', port: 80, webSocket: { path: '/mqtt' }, tls: undefined },
    { host: '::1', port: 8084, webSocket: { path: '/path?x=1' }, tls: { isPeerVerified: true } },
    { host: 's', port: 8883, tls: { serverName: 'two', versionMin: 'TLSv1.3' } },
  ]);
  const inherited = await load(`bridges.mqtt.b { server = "mqtts://h", ssl { sni = "one" }
    hybrid_bridging = true, hybrid_servers = ["mqtts://s", "mqtt://p"] }`);
  t.match(inherited.config.bridges[0]?.backups, [{ tls: { serverName: 'one' } }, { tls: undefined }]);
  t.same((await bridge('hybrid_servers = ["mqtt://p"]'))?.backups, [], 'the list alone means nothing');
  for (const [text, fault] of [
    ['hybrid_bridging = true', /expected hybrid_servers/],
    ['hybrid_bridging = true, hybrid_servers = ["ftp://x"]', /hybrid_servers\.0.*unknown scheme/],
    ['hybrid_bridging = true, hybrid_servers = [{ server = "mqtt://x", ssl { } }]', /not encrypted/],
    ['password = x, password_file = y', /expected one of password/],
    ['proxy = "ftp://x"', /expected a proxy, as socks5/],
    ['tcp.bind_address = "eth1"', /expected an IP address/],
    ['ssl { enable = false, psk = "00112233445566778899aabbccddeeff" }', /psk_identity and psk together/],
    ['ssl { enable = false, fingerprint = "AB:CD" }', /expected the SHA-256/],
    ['backoff_min = 70s', /backoff_min to be at most/],
  ] as const) {
    t.match(await faultsOf(bridge(text)), fault);
  }
});

t.test('a domain whose SRV records name the servers arrives, and an address that has none is a fault', async (t) => {
  const servers = 'hybrid_bridging = true, hybrid_servers = [{ server = "mqtts://other.example", srv = true }]';
  t.match(await bridge(`srv = true, ${servers}`), { isService: true, backups: [{ isService: true }] });
  for (const server of ['mqtt-tcp://10.0.0.1', 'ws://example.com', 'unix:///run/b.sock']) {
    t.match(await faultsOf(bridge(`hybrid_servers = [{ server = "${server}", srv = true }]`)), /srv needs a domain/);
  }
});
