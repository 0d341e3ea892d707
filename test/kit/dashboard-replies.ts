// DashboardReplies: what a pretended API answers to each request of the pages, from the fixture of a plant at
// work. Nothing that is sent changes anything. Bounded: a request is one object.
import { bridgesAt, statusAt } from './dashboard-fixture.ts';

const session = { username: 'admin', role: 'admin', mustChangePassword: false, expiresAt: 0 };
const words = ['boiler', 'conveyor', 'press', 'robot', 'scale', 'oven', 'pump', 'valve'];

function paged(items: readonly unknown[]): unknown {
  return { items, page: 1, limit: 50, total: items.length };
}

const clients = words.flatMap((word, at) =>
  [1, 2].map((number) => ({
    clientId: `${word}-${number}`,
    isConnected: at !== 5,
    username: 'devices',
    address: `10.20.${at}.${number + 10}:4${at}${number}12`,
    listener: 'tcp.default',
    isEncrypted: at % 3 === 0,
    version: at % 4 === 1 ? 4 : 5,
    cleanStart: false,
    keepAliveS: 60,
    subscriptions: at % 3,
    queued: at === 5 ? 311 : 0,
    queuedBytes: at === 5 ? 66_554 : 0,
    underway: 0,
    messagesReceived: 48_000 + at * 1200,
    bytesReceived: 9_000_000,
    bytesSent: 120_000,
  })),
);

const config = {
  server: 'tls+mqtt-tcp://broker.example.com:8883',
  proto_ver: '5',
  clientid: 'gateway-07',
  username: 'plant7',
  password: { $secret: true },
  keepalive: '60s',
  ssl: { cacertfile: '/etc/viaduct/ca.pem', verify_peer: 'true' },
  forwards: [
    { local_topic: 'sensors/#', remote_topic: '', prefix: 'plant7/', qos: '1' },
    { local_topic: 'alarms/+', remote_topic: 'plant7/alarms', note: 'read by the control room' },
  ],
  subscription: [{ remote_topic: 'plant7/cmd/#', local_topic: 'cmd/#', qos: '1' }],
  max_send_queue_len: '200000',
  ledger: { size: '1000' },
};

const span = (p50: number): unknown => ({ count: 4810, p50, p95: p50 * 10, p99: p50 * 25 });
const latency = { queueWait: span(1), roundTrip: span(50), endToEnd: span(50) };

const whole = {
  listeners: { tcp: { bind: '0.0.0.0:1883' } },
  log: { level: 'info' },
  bridges: { mqtt: { cloud: config } },
};

const remote = 'broker.example.com:8883';

function timeline(now: number): unknown {
  const events = [
    [93_000_000, 'opened', 'opened'],
    [92_990_000, 'connected', `connected to ${remote}: a new session; 0 messages wait`],
    [7_600_000, 'lost', `no connection to ${remote}: the server disconnected: server shutting down; 212 messages wait`],
    [7_512_000, 'connected', `connected to ${remote}: the session goes on; 4096 messages wait`],
  ] as const;
  return { events: events.map(([ago, kind, text]) => ({ at: now - ago, kind, text })) };
}

function history(now: number): unknown {
  const at = Array.from({ length: 300 }, (_, index) => now - (300 - index) * 1000);
  const of = (read: (tick: number) => number): readonly number[] => at.map((_, index) => read(index - 300));
  const series: Record<string, readonly number[]> = {
    received: of((tick) => statusAt(tick, now).rates.received),
    sent: of((tick) => statusAt(tick, now).rates.sent),
  };
  for (const [place, { name }] of bridgesAt(0).entries()) {
    series[`bridge.${name}.sent`] = of((tick) => bridgesAt(tick)[place]?.rates.sent ?? 0);
    series[`bridge.${name}.received`] = of((tick) => bridgesAt(tick)[place]?.rates.received ?? 0);
    series[`bridge.${name}.queueDepth`] = of((tick) => bridgesAt(tick)[place]?.status?.queueDepth ?? 0);
  }
  return { intervalMs: 1000, at, series };
}

function topicLevels(under: string): unknown {
  const names = under === '' ? ['$share', 'alarms', 'cmd', 'sensors', '+'] : ['#', '+', 'line-1', 'line-2'];
  const levels = names.map((level, at) => ({
    level,
    path: under === '' ? level : `${under}/${level}`,
    clients: at % 2 === 0 ? [`${words[at]}-1`, `${words[at + 1]}-2`] : [],
    subscriptions: at % 2 === 0 ? 2 : 0,
    subscriptionsBelow: at % 2 === 0 ? 2 : 17 * at,
    hasChildren: at % 2 === 1 && under.length < 12,
  }));
  return { under, levels, leftOut: 0 };
}

const logTexts = [
  ['info', 'device connected', { client: 'press-1', address: '10.20.2.11' }],
  ['warn', 'bridge: the remote cannot be reached', { bridge: 'historian', error: 'connection refused', retryMs: 8200 }],
  ['info', 'bridge: connected', { bridge: 'cloud', tookMs: 112 }],
  ['error', 'listener: TLS handshake failed', { listener: 'ssl.default', address: '10.20.9.4', code: 'ERR_LINK_TLS' }],
] as const;

function lines(now: number): unknown {
  const all = Array.from({ length: 60 }, (_, id) => {
    const [level, message, fields] = logTexts[id % 4] ?? logTexts[0];
    return { id, at: now - (60 - id) * 4210, level, message, fields };
  });
  return { lines: all, forgotten: 0 };
}

const certificate = {
  usedBy: ['listener ssl.default', 'http_server'],
  issuer: 'Plant Root CA',
  alternativeNames: ['gateway-07.plant.local', '10.20.0.7'],
  fingerprint256: 'B7:1C:0E:55:9A:41:D3:22:7F:60:C8:AB:19:04:EE:31:5D:8C:77:F2:90:3A:6B:D4:21:CE:48:0F:A3:96:5B:E8',
};
const day = 86_400_000;

type Reply = (now: number, query: URLSearchParams, body: string) => unknown;

const replies: Readonly<Record<string, Reply>> = {
  'GET /session': () => session,
  'POST /login': () => session,
  'GET /metrics/history': (now) => history(now),
  'GET /bridges/:name': () => ({ ...bridgesAt(0)[0], config, findings: [], origin: 'file', latency }),
  'GET /bridges/:name/timeline': (now) => timeline(now),
  'POST /bridges/check': () => ({
    isValid: true,
    faults: [],
    findings: [
      {
        code: 'loop',
        file: 'viaduct.conf',
        line: 31,
        path: 'bridges.mqtt.cloud.forwards.0',
        text:
          'a circle over several bridges; give each direction topics of its own (prefix): ' +
          'what it sends comes back by bridges.mqtt.historian.subscription.0',
      },
    ],
    diff: [],
  }),
  'POST /bridges/map': (_now, _query, body) => {
    const { topic }: { readonly topic: string } = JSON.parse(body);
    const isCommand = topic.startsWith('plant7/cmd');
    const [list, index] = isCommand ? ['subscriptions', 0] : ['forwards', topic.startsWith('alarms') ? 1 : 0];
    const target = isCommand ? topic.slice(7) : index === 1 ? 'plant7/alarms' : `plant7/${topic}`;
    const result = { topic: target, qos: 1, retain: false, userProperties: [] };
    return { results: [{ bridge: 'cloud', list, index, result }] };
  },
  'POST /bridges/test': () => ({
    isOk: false,
    steps: [
      { name: 'tcp', state: 'ok', ms: 12, detail: '10.20.0.14:8883 answers', remedy: '' },
      {
        name: 'tls',
        state: 'warning',
        ms: 72,
        detail: 'CN=broker.plant.local, valid for 9 days',
        remedy: 'have the certificate renewed soon',
      },
      {
        name: 'connect',
        state: 'failed',
        ms: 31,
        detail: 'the remote refuses: not authorized',
        remedy: 'the remote has to allow this to the user: check its access rules',
      },
    ],
  }),
  'GET /clients': () => paged(clients),
  'GET /subscriptions': () =>
    paged(
      words.map((word, at) => ({
        clientId: `${word}-1`,
        filter: at % 2 === 0 ? `cmd/${word}/#` : `sensors/+/${word}`,
        qos: at % 3,
        isNoLocal: at % 3 === 0,
        isRetainAsPublished: at % 4 === 0,
        isSuspended: at === 6,
      })),
    ),
  'GET /topics': (_now, query) => topicLevels(query.get('under') ?? ''),
  'GET /retained': () =>
    paged(
      words.map((word, at) => ({
        topic: `plant7/${word}/status`,
        qos: 1,
        size: 42 + at,
        payload: {
          encoding: 'text',
          data: JSON.stringify({ state: at % 2 === 0 ? 'running' : 'idle', load: at / 10 }),
          isCut: false,
        },
      })),
    ),
  'GET /config': () => ({
    config: whole,
    origins: {
      'listeners.tcp.bind': { kind: 'file', place: 'viaduct.conf:3' },
      'log.level': { kind: 'environment', place: 'VIADUCT_LOG__LEVEL' },
      'bridges.mqtt.cloud.server': { kind: 'file', place: 'viaduct.conf:12' },
      'bridges.mqtt.cloud.keepalive': { kind: 'default', place: '' },
      'bridges.mqtt.cloud.max_send_queue_len': { kind: 'overlay', place: 'viaduct.overlay.conf:2' },
    },
    files: ['/etc/viaduct/viaduct.conf'],
    overlayFile: '/var/lib/viaduct/overlay.conf',
    findings: [],
  }),
  'GET /config/history': (now) => [
    {
      id: 2,
      at: now - 5_400_000,
      who: 'admin',
      what: 'bridge cloud: longer queue',
      diff: [{ path: 'bridges.mqtt.cloud.max_send_queue_len', before: '100000', after: '200000' }],
    },
    { id: 1, at: now - 90_000_000, who: 'file', what: 'started with viaduct.conf', diff: [] },
  ],
  'GET /users': (now) => [
    { username: 'admin', role: 'admin', mustChangePassword: false, lastLoginAt: now - 60_000 },
    { username: 'shift-lead', role: 'operator', mustChangePassword: false, lastLoginAt: now - 8 * 3_600_000 },
    { username: 'wallboard', role: 'viewer', mustChangePassword: true },
  ],
  'GET /api-keys': (now) => [
    { name: 'grafana', role: 'viewer', createdAt: now - 40 * day },
    { name: 'deploy', role: 'admin', createdAt: now - 3 * day },
  ],
  'GET /bridges/:name/queue': () => ({
    messages: words.map((word, at) => ({
      sequence: 40_000 + at,
      topic: `plant7/sensors/${word}/temperature`,
      rule: 'sensors/#',
      qos: 1,
      retain: false,
      size: 38 + at,
      ageMs: 61_000 - at * 7300,
      isUnderway: at < 2,
    })),
    next: 40_008,
    depth: 12,
    bytes: 4800,
  }),
  'GET /bridges/:name/dead-letters': (now) =>
    paged(
      (['not-authorized', 'too-large', 'topic-name-invalid'] as const).map((reason, at) => ({
        id: at + 1,
        at: now - at * 5_000_000 - 90_000,
        reason,
        rule: 'alarms/+',
        originalTopic: `alarms/${words[at]}`,
        topic: `plant7/alarms/${words[at]}`,
        qos: 1,
        retain: false,
        size: 120 + at * 9000,
      })),
    ),
  'GET /bridges/:name/ledger': (now) =>
    paged(
      words.flatMap((word, at) => {
        const common = { topic: `sensors/${word}/temperature`, rule: 'sensors/#', qos: 1, size: 40 + at, lane: 0 };
        const remoteTopic = `plant7/sensors/${word}/temperature`;
        const came = now - at * 1400;
        const outcome = (['delivered', 'delivered', 'sent', 'dropped', 'queued'] as const)[at % 5];
        const traceId = at % 4 === 0 ? '4bf92f3577b34da6a3ce929d0e0e4736' : undefined;
        const sentAt = outcome === 'queued' || outcome === 'dropped' ? undefined : came + 2;
        const settledAt = outcome === 'delivered' ? came + 43 : undefined;
        const reason = outcome === 'dropped' ? 'expired' : undefined;
        return [{ id: 900 - at, at: came, remoteTopic, outcome, sentAt, settledAt, reason, traceId, ...common }];
      }),
    ),
  'GET /mqtt-users': () =>
    paged([
      { username: 'devices', isSuperuser: false, isEditable: true },
      { username: 'maintenance', isSuperuser: true, isEditable: false },
    ]),
  'GET /acl': () => ({
    rules: [
      { permit: 'allow', username: 'maintenance', action: 'pubsub', topics: ['#'] },
      { permit: 'deny', action: 'subscribe', topics: ['$SYS/#', '#'] },
      { permit: 'allow', action: 'publish', topics: ['sensors/${clientid}/#'] },
    ],
    noMatch: 'deny',
  }),
  'POST /acl/test': () => ({
    isAllowed: true,
    rule: 2,
    why: 'sensors/press-1/temperature matches sensors/${clientid}/#',
  }),
  'GET /audit': (now) =>
    paged([
      {
        id: 2,
        at: now - 40_000,
        who: 'admin',
        address: '10.20.0.2',
        action: 'POST /api/v1/bridges/line-2/pause',
        status: 204,
      },
      {
        id: 1,
        at: now - 4_000_000,
        who: '-',
        tried: 'admin',
        address: '10.20.0.9',
        action: 'POST /api/v1/login',
        status: 401,
      },
    ]),
  'GET /certificates': (now) => [
    {
      ...certificate,
      file: '/etc/viaduct/server.pem',
      subject: 'gateway-07.plant.local',
      validFrom: now - 300 * day,
      validTo: now + 12 * day,
    },
    {
      ...certificate,
      file: '/etc/viaduct/ca.pem',
      usedBy: ['bridge cloud'],
      subject: 'Plant Root CA',
      validFrom: now - 900 * day,
      validTo: now + 2400 * day,
    },
  ],
  'GET /logs': (now) => lines(now),
  'GET /openapi.json': () => ({
    paths: {
      '/api/v1/bridges': {
        get: { summary: 'All bridges' },
        post: {
          summary: 'Create a bridge',
          requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
        },
      },
      '/api/v1/bridges/{name}/pause': { post: { summary: 'Queue, and send nothing' } },
      '/api/v1/clients': {
        get: {
          summary: 'The devices',
          parameters: [
            { name: 'clientid', in: 'query' },
            { name: 'page', in: 'query' },
          ],
        },
      },
      '/api/v1/clients/{clientid}': { delete: { summary: 'End a session' } },
    },
  }),
};

/** The reply to a request below `/api/v1`; undefined for what nobody answers. */
export function replyTo(method: string, url: URL, body: string): unknown {
  const path = url.pathname.replace('/api/v1', '');
  const pattern =
    replies[`${method} ${path}`] === undefined ? path.replace(/^\/bridges\/[^/]+/, '/bridges/:name') : path;
  const reply = replies[`${method} ${pattern}`];
  return reply?.(Date.now(), url.searchParams, body);
}
