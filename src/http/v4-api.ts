// V4Api: `/api/v4` for programs written for EMQX Edge and NanoMQ: the same paths, shapes and result codes, minus the
// secrets, with user and password (Basic). It adds nothing: each endpoint is one of ours in other words; what has no
// counterpart says where it is instead.
// Bounded: lists by `listMax` entries, for they have no pages there.
import type { ClientView } from './api-broker-types.ts';
import { type Endpoint, endpoint, PlainAnswer } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import type { Management } from './management.ts';
import { metricsText } from './metrics-page.ts';
import { v4Bridges } from './v4-bridges.ts';
import { v4Config } from './v4-config.ts';
import { v4Messages } from './v4-messages.ts';
import { topicLevels } from './v4-topic-tree.ts';
import { ok } from './v4-words.ts';

const listMax = 10_000;

const about: readonly Endpoint[] = [
  endpoint({ method: 'GET', path: '/brokers', role: 'viewer', summary: 'The broker' }, ({ management }) => {
    const { now, broker, version } = management.status();
    const datetime = new Date(now.wallMs).toISOString().replace('T', ' ').slice(0, 19);
    const uptime = spanOf(broker.uptimeMs);
    return ok({ data: [{ datetime, node_status: 'Running', sysdescr: 'Viaduct', uptime, version }] });
  }),
  endpoint({ method: 'GET', path: '/nodes', role: 'viewer', summary: 'The node' }, ({ management }) => {
    const { broker, version } = management.status();
    const node = { connections: broker.connected, node_status: 'Running', uptime: spanOf(broker.uptimeMs), version };
    return ok({ data: [node] });
  }),
  endpoint({ method: 'GET', path: '/metrics', role: 'viewer', summary: 'Numbers of bridges' }, ({ management }) => {
    const { bridges, broker, process: own } = management.status();
    return {
      metrics: bridges.flatMap(({ name, status }) => {
        if (status === undefined) return [];
        const { forwards, subscriptions, connects, bytesSent, bytesReceived } = status;
        return [
          {
            'bridge name': name,
            'sent messages': sum(forwards, ({ delivered }) => delivered),
            'received messages': sum(subscriptions, ({ received }) => received),
            'sent bytes': bytesSent,
            'received bytes': bytesReceived,
            'MQTT reconnect times': Math.max(0, connects - 1),
            'uplink msg dropped': sum(forwards, ({ dropped }) => sum(Object.values(dropped), (count) => count ?? 0)),
            'downlink msg dropped': sum(subscriptions, ({ dropped }) =>
              sum(Object.values(dropped), (count) => count ?? 0),
            ),
          },
        ];
      }),
      cpuinfo: `${(own.cpu * 100).toFixed(2)}%`,
      memory: String(own.rssBytes),
      connections: broker.connected,
    };
  }),
  endpoint(
    { method: 'GET', path: '/prometheus', role: 'viewer', summary: 'Numbers for Prometheus', produces: 'text' },
    ({ management }) => {
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      return new PlainAnswer({ status: 200, headers, body: metricsText(management) });
    },
  ),
];

const clients: readonly Endpoint[] = [
  endpoint({ method: 'GET', path: '/clients', role: 'viewer', summary: 'Devices' }, ({ management, request }) => {
    const { query } = request;
    const isWanted = (key: string, value: unknown): boolean => !query.has(key) || query.get(key) === String(value);
    const all = clientsOf(management).filter(
      (one) =>
        isWanted('clientid', one.client_id) &&
        isWanted('username', one.username) &&
        isWanted('conn_state', one.conn_state) &&
        isWanted('clean_start', one.clean_start) &&
        isWanted('proto_name', one.proto_name) &&
        isWanted('proto_ver', one.proto_ver),
    );
    return ok({ data: all });
  }),
  endpoint(
    { method: 'GET', path: '/clients/:id', role: 'viewer', summary: 'One device' },
    ({ management, parameters }) =>
      ok({ data: clientsOf(management).filter(({ client_id }) => client_id === parameters.id) }),
  ),
  endpoint(
    { method: 'GET', path: '/clients/username/:name', role: 'viewer', summary: 'Devices of a user' },
    ({ management, parameters }) =>
      ok({ data: clientsOf(management).filter(({ username }) => username === parameters.name) }),
  ),
  endpoint(
    { method: 'GET', path: '/subscriptions', role: 'viewer', summary: 'Subscriptions' },
    ({ management, request }) => {
      const { query } = request;
      const all = subscriptionsOf(management).filter(
        (one) =>
          (!query.has('clientid') || query.get('clientid') === one.clientid) &&
          (!query.has('topic') || query.get('topic') === one.topic) &&
          (!query.has('share') || one.topic.startsWith(`$share/${query.get('share')}/`)) &&
          (!query.has('qos') || query.get('qos') === String(one.qos)),
      );
      return ok({ data: all });
    },
  ),
  endpoint({ method: 'GET', path: '/topic-tree', role: 'viewer', summary: 'Filters by level' }, ({ management }) =>
    ok({ data: topicLevels(subscriptionsOf(management)) }),
  ),
  endpoint(
    { method: 'GET', path: '/subscriptions/:id', role: 'viewer', summary: 'Subscriptions of a device' },
    ({ management, parameters }) =>
      ok({ data: subscriptionsOf(management).filter(({ clientid }) => clientid === parameters.id) }),
  ),
];

const controls: readonly Endpoint[] = [
  ...(['stop', 'restart'] as const).map((verb) =>
    endpoint(
      { method: 'POST', path: `/ctrl/${verb}`, role: 'admin', summary: `${verb} the program, in order` },
      ({ management }) => {
        if (management.control(verb)) return ok({});
        throw new HttpRefusal('CONFLICT', 'who started this program does not let the API end it');
      },
    ),
  ),
];

/** What has no counterpart here: who asks is told where it is instead. */
const absent: readonly Endpoint[] = [
  endpoint({ method: 'GET', path: '/rules', role: 'viewer', summary: 'Rules of SQL: there are none' }, () =>
    ok({ data: [] }),
  ),
  endpoint(
    { method: 'POST', path: '/rules', role: 'admin', summary: 'Rules of SQL: refused' },
    elsewhere('there are no rules of SQL: forward rules of a bridge map, filter and change topics'),
  ),
  ...(['GET', 'PUT', 'DELETE'] as const).map((method) =>
    endpoint(
      {
        method,
        path: '/rules/:id',
        role: method === 'GET' ? 'viewer' : 'admin',
        summary: 'Rules of SQL: there are none',
      },
      ({ parameters: { id = '' } }) => {
        throw new HttpRefusal('NOT_FOUND', `there is no rule ${id}`);
      },
    ),
  ),
  endpoint(
    { method: 'POST', path: '/tools/aes_enc', role: 'admin', summary: 'Encrypted passwords: refused' },
    elsewhere('passwords are given as they are, or as variables of the environment; the API never tells them'),
  ),
];

function elsewhere(why: string): () => never {
  return () => {
    throw new HttpRefusal('CONFLICT', why);
  };
}

const served: readonly Endpoint[] = [
  ...about,
  ...clients,
  ...v4Messages,
  ...v4Bridges,
  ...v4Config,
  ...controls,
  ...absent,
];

/** The endpoints of `/api/v4`. */
export const v4Api: readonly Endpoint[] = [
  endpoint({ method: 'GET', path: '/', role: 'viewer', summary: 'What there is' }, () =>
    ok({
      data: served.map(({ path, method, summary }) => ({
        path,
        name: path.slice(1).replaceAll(/[/:]+/g, '_'),
        method,
        descr: summary,
      })),
    }),
  ),
  ...served,
];

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function spanOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts[0]} Hours, ${parts[1]} minutes, ${parts[2]} seconds`;
}

function clientsOf(management: Management) {
  const found: ReturnType<typeof clientOf>[] = [];
  for (const one of management.clients.list()) {
    if (found.length >= listMax) break;
    found.push(clientOf(one));
  }
  return found;
}

function clientOf({ clientId, username = '', keepAliveS = 0, isConnected, cleanStart, version = 4, will }: ClientView) {
  return {
    ...(will === undefined ? {} : { will_topic: will.topic, will_msg: will.text }),
    client_id: clientId,
    username,
    keepalive: keepAliveS,
    conn_state: isConnected ? 'connected' : 'disconnected',
    clean_start: cleanStart ?? false,
    proto_name: version === 3 ? 'MQIsdp' : 'MQTT',
    proto_ver: version,
  };
}

function subscriptionsOf(management: Management) {
  const found: { clientid: string; topic: string; qos: number }[] = [];
  for (const { clientId, filter, qos } of management.subscriptions.list()) {
    if (found.length >= listMax) break;
    found.push({ clientid: clientId, topic: filter, qos });
  }
  return found;
}
