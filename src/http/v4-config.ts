// V4Config: the configuration in the words of `/api/v4`. What is written here goes into the overlay that stands over
// the files of the user, checked as they are at a start; the files stay as they are. What needs a restart is told in
// the log.
// Bounded: as the configuration is.
import * as v from 'valibot';
import { patchBetween, valueAt } from '../config/config-tree.ts';
import { treeOfText } from '../config/tree-of-text.ts';
import { parseDuration, parseSize } from '../config/units.ts';
import { configObject, whoOf } from './config-api.ts';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import { ok } from './v4-words.ts';

/** Where the parts of a configuration stand that have a name there. */
const parts: Readonly<Record<string, readonly (readonly string[])[]>> = {
  basic: [['mqtt'], ['log'], ['system']],
  tls: [['listeners', 'ssl']],
  auth: [['auth']],
  auth_http: [['auth', 'http_auth']],
  websocket: [
    ['listeners', 'ws'],
    ['listeners', 'wss'],
  ],
  http_server: [['http_server']],
  sqlite: [['sqlite']],
  bridge: [['bridges', 'mqtt']],
  aws_bridge: [['bridges', 'aws']],
};

/** Numbers are seconds, or kilobytes, or what they are. */
type Unit = '' | 's' | 'KB';

/** Keys of `/reload`, and where they stand. */
const hotKeys: Readonly<Record<string, readonly [path: readonly string[], unit: Unit]>> = {
  property_size: [['mqtt', 'property_size'], ''],
  max_packet_size: [['mqtt', 'max_packet_size'], 'KB'],
  client_max_packet_size: [['mqtt', 'max_packet_size'], 'KB'],
  msq_len: [['mqtt', 'max_mqueue_len'], ''],
  qos_duration: [['mqtt', 'retry_interval'], 's'],
  keepalive_backoff: [['mqtt', 'keepalive_multiplier'], ''],
  allow_anonymous: [['auth', 'allow_anonymous'], ''],
};

const value = v.union([v.number(), v.boolean(), v.string()]);

/** The endpoints. */
export const v4Config: readonly Endpoint[] = [
  endpoint({ method: 'GET', path: '/configuration', role: 'admin', summary: 'The configuration' }, ({ management }) =>
    ok({ data: management.config.show().config }),
  ),
  endpoint(
    { method: 'GET', path: '/configuration/:part', role: 'admin', summary: 'A part of the configuration' },
    (call) => ok({ data: partOf(call) }),
  ),
  endpoint(
    { method: 'POST', path: '/configuration', role: 'admin', summary: 'Change the configuration', body: configObject },
    (call) => changed(call, call.body, 'changed'),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/configuration/:part',
      role: 'admin',
      summary: 'Change a part; its keys stand below their sections',
      body: configObject,
    },
    (call) => {
      partOf(call);
      return changed(call, call.body, `${call.parameters.part} changed`);
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: '/config_update',
      role: 'admin',
      summary: 'Have the configuration be as a text says, which goes into the overlay',
      consumes: 'text',
      body: v.string(),
    },
    (call) => {
      const wanted = treeOfText('config_update', call.body);
      return changed(call, patchBetween(call.management.config.show().config, wanted) ?? {}, 'replaced');
    },
  ),
  endpoint({ method: 'GET', path: '/reload', role: 'admin', summary: 'Settings of the moment' }, ({ management }) => {
    const { config } = management.config.show();
    const set = Object.entries(hotKeys).map(([key, [path, unit]]) => [key, shownOf(valueAt(config, path), unit)]);
    const data = Object.fromEntries(set.filter(([, one]) => one !== undefined));
    return ok({ data: { ...data, enable_mqtt_stream: false, bridge_mode: management.bridges.list().length > 0 } });
  }),
  endpoint(
    {
      method: 'POST',
      path: '/reload',
      role: 'admin',
      summary: 'Change settings',
      body: v.looseObject({ data: v.record(v.string(), value) }),
    },
    (call) => {
      const changes: Record<string, Record<string, string>> = {};
      for (const [key, one] of Object.entries(oneLimit(call.body.data))) {
        const [[section = '', own = ''] = [], unit = ''] = Object.hasOwn(hotKeys, key) ? (hotKeys[key] ?? []) : [];
        if (own === '') throw new HttpRefusal('BAD_REQUEST', `expected one of ${Object.keys(hotKeys).join(', ')}`, key);
        changes[section] = { ...changes[section], [own]: typeof one === 'number' ? `${one}${unit}` : String(one) };
      }
      return changed(call, changes, 'reloaded');
    },
  ),
];

/** There is one limit for packets here: of two that are given the smaller holds. */
function oneLimit(data: Readonly<Record<string, v.InferOutput<typeof value>>>): typeof data {
  const { max_packet_size: all, client_max_packet_size: own, ...more } = data;
  if (all === undefined || own === undefined) return data;
  return { ...more, max_packet_size: Number(own) < Number(all) ? own : all };
}

/** A value of the configuration as a number or a switch, in the unit that it has there. */
function shownOf(value: unknown, unit: Unit): unknown {
  if (typeof value !== 'string') return value;
  if (unit === 's') return (parseDuration(value) ?? 0) / 1000;
  if (unit === 'KB') return (parseSize(value) ?? 0) / 1024;
  if (value === 'true' || value === 'false') return value === 'true';
  return value !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

type Asked = Pick<Call<unknown, unknown>, 'management' | 'parameters' | 'principal'>;

async function changed(call: Asked, changes: unknown, what: string): Promise<unknown> {
  await call.management.config.apply({ changes, who: whoOf(call), what: `configuration ${what}` });
  return ok({});
}

/** The sections of a part, each below its last key. */
function partOf({ management, parameters: { part = '' } }: Asked): unknown {
  const paths = Object.hasOwn(parts, part) ? parts[part] : undefined;
  if (paths === undefined) throw new HttpRefusal('NOT_FOUND', `expected one of ${Object.keys(parts).join(', ')}`);
  const { config } = management.config.show();
  const found = paths.map((path) => [path.at(-1) ?? '', valueAt(config, path)] as const);
  return Object.fromEntries(found.filter(([, one]) => one !== undefined));
}
