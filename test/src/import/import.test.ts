// Importers: what becomes of each line of another broker's configuration, and that what comes out is a configuration of
// ours. The fixtures hold what people have in their files, good and bad.
import t from 'tap';
import { ConfigError } from '../../../src/base/errors.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { hivemqTarget } from '../../../src/import/hivemq-target.ts';
import { importHivemq } from '../../../src/import/import-hivemq.ts';
import { importMosquitto } from '../../../src/import/import-mosquitto.ts';
import { importNanomq } from '../../../src/import/import-nanomq.ts';
import { ImportReport } from '../../../src/import/import-report.ts';
import { ImportedTree } from '../../../src/import/imported-tree.ts';
import { settleImport } from '../../../src/import/settle-import.ts';
import { writeHocon } from '../../../src/import/write-hocon.ts';
import { fixtureText } from '../../kit/fixtures.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';

type Read = (text: string, tree: ImportedTree, report: ImportReport) => void;

const readers: Readonly<Record<string, Read>> = {
  mosquitto: importMosquitto,
  hivemq: (text, tree, report) => importHivemq(text, tree, report, 'config.xml'),
  nanomq: (text, tree, report) => importNanomq(text, tree, report, { file: 'nanomq.conf', environment: {} }),
};

function imported(form: string, text: string) {
  const tree = new ImportedTree();
  const report = new ImportReport();
  readers[form]?.(text, tree, report);
  settleImport(tree, report);
  return { text: writeHocon(tree), lines: report.lines };
}

/** The configuration as we load it, with the files that it names. */
async function loaded(text: string) {
  const files = { 'gw.pem': 'a', 'gw.key': 'b', 'ca.pem': 'c', passwd: '' };
  const disk = new MemoryDisk({ 'v.conf': text, ...files });
  return (await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'gw' })).config;
}

function outcomes(lines: ReturnType<typeof imported>['lines'], outcome: string): readonly string[] {
  return lines.filter((line) => line.outcome === outcome).map(({ line, text, why }) => `${line} ${text}: ${why}`);
}

t.test('what a listener of mosquitto says for itself is said for it here', async (t) => {
  for (const isPerListener of [true, false]) {
    const { text, lines } = imported(
      'mosquitto',
      [
        `per_listener_settings ${isPerListener}`,
        'listener 1883',
        'allow_anonymous true',
        'listener 8883',
        'certfile gw.pem',
        'keyfile gw.key',
        'allow_anonymous false',
        'use_identity_as_username true',
        'max_qos 1',
      ].join('\n'),
    );
    const { listeners, auth } = await loaded(text);
    t.equal(auth.isAnonymousAllowed, isPerListener, 'the last word counts for all, or the default');
    const limits = { certificateName: 'common-name', maximumQos: 1 };
    t.match(listeners, [
      { name: 'tcp.default', limits: isPerListener ? { isAnonymousAllowed: true } : undefined },
      { name: 'ssl.listener2', limits: isPerListener ? { ...limits, isAnonymousAllowed: false } : limits },
    ]);
    t.equal(outcomes(lines, 'dropped').length, 1);
  }
});

t.test('a mosquitto.conf becomes listeners, bridges and rules, and each line is answered for', async (t) => {
  const { text, lines } = imported('mosquitto', fixtureText('import/mosquitto.conf'));
  t.notMatch(lines.map(({ text: shown }) => shown).join(), /s3cret/);
  const config = await loaded(text);
  t.match(config.bridges, [
    {
      name: 'site-7-cloud',
      host: 'cloud.example',
      port: 8883,
      tls: { isPeerVerified: true },
      clientId: 'gw.site-7/cloud',
      version: 4,
      keepAliveS: 30,
      password: 's3cret',
      isBridgeBitSet: true,
      cleanStart: false,
      backoffMsMax: 60_000,
      forwards: [
        { localTopic: 'sensors/#', remoteTopic: 'site7/sensors/#', qosMax: 1 },
        { localTopic: 'both/+', remoteTopic: '', qosMax: 0 },
      ],
      subscriptions: [
        { remoteTopic: 'site7/cmd/#', localTopic: 'local/cmd/#', qos: 2 },
        { remoteTopic: 'both/+', localTopic: '', qos: 0 },
      ],
    },
  ]);
  t.match(text, /bind = "127.0.0.1:1883"[\s\S]*ssl\.listener2 \{\n {4}bind = "0.0.0.0:8883"\n {4}certfile = "gw.pem"/);
  t.match(
    outcomes(lines, 'changed').join('\n'),
    /13 connection site-7\/cloud[\s\S]*20 restart_timeout 5 60: the shortest and the longest wait/,
  );
  t.match(
    outcomes(lines, 'dropped').join('\n'),
    /^2 persistence true: [\s\S]*^24 topic # sideways: expected out[\s\S]*^27 frobnicate/m,
  );
  const source = fixtureText('import/mosquitto.conf').split('\n');
  const meant = source.flatMap((line, index) => (line === '' || line.startsWith('#') ? [] : [index + 1]));
  t.same(
    lines.map(({ line }) => line),
    meant,
    'every line of the file, once',
  );
});

t.test('both forms of NanoMQ become bridges', async (t) => {
  const old = imported('nanomq', fixtureText('import/nanomq-old.conf'));
  t.match((await loaded(old.text)).bridges, [
    {
      name: 'emqx',
      host: 'broker.example',
      version: 4,
      keepAliveS: 60,
      username: 'gw',
      forwards: [{ localTopic: 'topic1/#', remoteTopic: '' }, { localTopic: 'topic2/#' }],
      subscriptions: [{ remoteTopic: 'cmd/topic1', localTopic: '', qos: 1 }],
    },
  ]);
  t.same(outcomes(old.lines, 'dropped'), []);
  const present = imported('nanomq', fixtureText('import/nanomq.conf'));
  t.match((await loaded(present.text)).bridges, [
    { name: 'plant7', port: 8883, username: 'gw7', forwards: { length: 3 }, subscriptions: { length: 2 } },
  ]);
  const changed = outcomes(present.lines, 'changed').join('\n');
  for (const key of ['request_problem_infomation', 'resend_interval', 'resend_wait', 'cancel_timeout', 'stream_id']) {
    t.match(changed, new RegExp(`${key}: .`), key);
  }
  t.notMatch(JSON.stringify(present.lines), /s3cret/);
  const unit = imported('nanomq', 'bridges.mqtt.b { server = "mqtt-tcp://h:1", keepalive = 7, nonsense = 1 }');
  t.match(outcomes(unit.lines, 'dropped'), [
    /^1 bridges\.mqtt\.b\.keepalive: expected a time with its unit/,
    /nonsense: a key that/,
  ]);
  t.throws(() => imported('nanomq', 'bridges {'), ConfigError);
});

t.test('a HiveMQ Edge configuration becomes bridges, its destinations templates', async (t) => {
  const { text, lines } = imported('hivemq', fixtureText('import/hivemq-edge.xml'));
  t.match(await loaded(text), {
    listeners: [{ host: '0.0.0.0', port: 1883 }],
    bridges: [
      {
        name: 'cloud-one',
        host: 'cloud.example',
        port: 8883,
        tls: Object,
        clientId: 'gw-7',
        keepAliveS: 45,
        password: 's3cret',
        connectProperties: { sessionExpiryInterval: 3600 },
        forwards: [
          {
            localTopic: 'site/+/temp/#',
            remoteTopic: 'cloud-one/site/$1/temp/$#',
            qosMax: 1,
            excludes: ['site/secret/#'],
            userProperties: [['line', 'b']],
          },
          { localTopic: 'alarm', remoteTopic: 'cloud-one/alarm' },
        ],
        subscriptions: [{ remoteTopic: 'cmd/+/go', localTopic: 'local/$1', qos: 2, retain: false }],
      },
    ],
  });
  t.match(outcomes(lines, 'dropped'), [/^52 <mqtt-topic-filter>a\/#: \{3\} asks for levels/]);
  t.notMatch(JSON.stringify(lines), /s3cret/);
  t.throws(() => imported('hivemq', '<a>\n<b></a>'), { message: /config\.xml:2:\d+: .*expected XML/ });
});

t.test('a destination of HiveMQ Edge takes levels of the topic', async (t) => {
  for (const [destination, filter, target] of [
    ['{#}', 'a/+/#', 'a/$1/$#'],
    ['x/{2}', 'a/+/#', 'x/$1'],
    ['x/{2-#}', 'a/+/#', 'x/$1/$#'],
    ['{1-2}/x', 'a/+/b', 'a/$1/x'],
    ['$ENV{SITE}/{1}', '$share/g/+/b', '${env:SITE}/$1'],
    ['{3}', 'a/+/#', undefined],
    ['{4}', 'a/b', undefined],
  ] as const) {
    const found = hivemqTarget(destination, filter);
    t.equal(typeof found === 'string' ? found : undefined, target, `${destination} of ${filter}`);
  }
});

t.test('every key of a bridge of each has its line in the report, and what comes out is a configuration', async (t) => {
  for (const [form, name, count] of [
    ['mosquitto', 'mosquitto-bridge.conf', 1],
    ['hivemq', 'hivemq-edge-all.xml', 1],
    ['nanomq', 'nanomq.conf', 1],
    ['nanomq', 'nanomq-rules.conf', 1],
  ] as const) {
    const { text, lines } = imported(form, fixtureText(`import/${name}`));
    const words = { kept: 'kept', changed: 'changed', dropped: 'not carried' } as const;
    const shown = lines.map(({ line, text: what, outcome, why }) => {
      return `${line} ${words[outcome]}: ${what}${why === '' ? '' : `: ${why}`}\n`;
    });
    t.equal(shown.join(''), fixtureText(`import/${name}.report`), name);
    t.notMatch(shown.join(''), /s3cret/, name);
    t.equal((await loaded(text)).bridges.length >= count, true, name);
  }
});

t.test(
  'what a mosquitto says of a lazy bridge, of retained messages and of its waits means the same here',
  async (t) => {
    const { text } = imported('mosquitto', fixtureText('import/mosquitto-bridge.conf'));
    t.match((await loaded(text)).bridges[0], {
      name: 'all',
      version: 5,
      plan: { connectWhen: { countMin: 25, idleMs: 90_000 } },
      backoffMsMin: 5000,
      backoffMsMax: 60_000,
      remoteOrder: 'round-robin',
      tcpKeepAliveMs: 60_000,
      tls: { versionMin: 'TLSv1.2', alpnProtocols: ['mqtt'] },
      forwards: [{ localTopic: 'm/#', remoteTopic: 'plant/m/#', qosMax: 1, retain: false }],
      subscriptions: [{ remoteTopic: 'cmd/#', qos: 2, isRetainAsPublished: true }],
    });
  },
);

t.test('numbered rules of the old form of NanoMQ are rules, in whatever order their keys stand', async (t) => {
  const { text } = imported('nanomq', fixtureText('import/nanomq-rules.conf'));
  t.match((await loaded(text)).bridges[0], {
    backoffMsMax: 30_000,
    forwards: [{ localTopic: 'a/#', remoteTopic: 'b' }],
    subscriptions: [{ remoteTopic: 'cmd/+', localTopic: 'go', qos: 2 }],
  });
});
