// The sections `mqtt` and `drain`: their defaults, and what the fixture with every key means.
import t from 'tap';
import { loadConfig } from '../../../src/config/load.ts';
import { NodeDisk } from '../../../src/ports/node-disk.ts';
import { fixturePath } from '../../kit/fixtures.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

t.test('without a word the limits of the broker are its defaults', async (t) => {
  const { config } = await loadConfig({
    path: 'v.conf',
    disk: new MemoryDisk({ 'v.conf': '' }),
    environment: {},
    hostname: 'site',
  });
  t.strictSame(config.mqtt, {
    maximumPacketSize: 10 * 1024 * 1024,
    queueCountMax: 10_000,
    queueBytesMax: 64 * 1024 * 1024,
    queueOverflow: 'oldest',
    sessionClasses: [],
    queueMemoryMax: 256 * 1024 * 1024,
    underwayBytesMax: 16 * 1024 * 1024,
    sendWindowMax: 1000,
    receiveMaximum: 1000,
    receiveMaximumWhenShort: 20,
    topicAliasMaximum: 100,
    keepAliveMultiplier: 1.5,
    sessionExpiryMaxS: 7 * 86_400,
    sharedStrategy: 'round-robin',
    sharedStrategies: [],
    retainedCountMax: 1_000_000,
    retainedBytesMax: 256 * 1024 * 1024,
    maximumQos: 2,
    isRetainAvailable: true,
    isWildcardAvailable: true,
    isSharedAvailable: true,
    isSubscriptionIdentifierAvailable: true,
    topicLevelsMax: 256,
    clientIdLengthMax: 65_535,
    isV31ClientIdShort: false,
    isPayloadFormatValidated: false,
    serverKeepAliveS: 0,
    keepAliveSMax: 0,
    keepAliveSMin: 0,
    responseInformation: '',
    systemTopics: 'all',
    systemTopicsIntervalMs: 10_000,
    certificateName: 'none',
  });
  t.strictSame(config.drain, { isServerMoved: false });
});

t.test('what the broker is to serve, and how it says goodbye, arrives', async (t) => {
  const { config } = await loadConfig({
    path: fixturePath('config/valid/broker.conf'),
    disk: new NodeDisk(),
    environment: {},
    hostname: 'site',
  });
  t.match(config.mqtt, {
    queueAgeMsMax: 172_800_000,
    queueMemoryMax: 64 * 1024 * 1024,
    underwayBytesMax: 1024 * 1024,
    maximumQos: 1,
    sharedStrategy: 'sticky',
    sharedStrategies: [
      ['loaders', 'hash-topic'],
      ['near', 'local'],
    ],
    retainedCountMax: 1000,
    retainedBytesMax: 1024 * 1024,
    isRetainAvailable: true,
    isWildcardAvailable: true,
    isSharedAvailable: false,
    isSubscriptionIdentifierAvailable: false,
    topicLevelsMax: 16,
    clientIdLengthMax: 64,
    isV31ClientIdShort: true,
    isPayloadFormatValidated: true,
    serverKeepAliveS: 90,
    keepAliveSMax: 600,
    keepAliveSMin: 5,
    responseInformation: 'reply/',
  });
  t.strictSame(config.drain, { serverReference: 'other.site:1883', isServerMoved: true });
});
