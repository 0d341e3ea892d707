// V4BridgeNode: a bridge as `/api/v4` shows it: its connector, rules, properties and TLS, with numbers and switches
// as such, where the configuration has texts. Secrets are left out, those that are set too.
// A judgement without state.
import { parseDuration } from '../config/units.ts';
import type { BridgeReply, ConfigObject, ConfigValue } from './api-config-types.ts';

/** Keys of rules that are numbers, and those that are switches. */
const numbers = new Set(['qos', 'retain', 'retain_handling', 'retry_qos_0']);
const switches = new Set(['retain_as_published', 'nolocal', 'enable']);

/** The node of a bridge. */
export function v4BridgeNode(name: string, { config, mode }: BridgeReply): object {
  const { server = '', proto_ver = '5', clientid = '', clean_start = 'false', username = '', ...more } = config;
  const { keepalive = '60s', forwards = [], subscription = [], ssl, max_parallel_processes = '1' } = more;
  const { conn_properties, will, sub_properties } = more;
  return {
    name,
    enable: mode !== 'disabled',
    parallel: Number(max_parallel_processes),
    connector: {
      server,
      proto_ver: Number(proto_ver),
      clientid,
      clean_start: isOn(clean_start),
      username,
      keepalive: Math.round((parseDuration(textOf(keepalive)) ?? 0) / 1000),
      ...(conn_properties === undefined ? {} : { conn_properties: typed(conn_properties) }),
      ...(will === undefined ? {} : { will: typed(will) }),
    },
    forwards: typed(forwards),
    subscription: typed(subscription),
    ...(sub_properties === undefined ? {} : { sub_properties: typed(sub_properties) }),
    tls: tlsOf(ssl, textOf(server)),
  };
}

/** Paths of files, never what is in them. */
function tlsOf(ssl: ConfigValue | undefined, server: string): object {
  if (!isObject(ssl)) return { enable: false };
  const { keyfile = '', certfile = '', cacertfile = '', verify_peer = 'true', enable = 'true' } = ssl;
  const isEnabled = isOn(enable) && /^(tls\+|mqtts|wss)/.test(server);
  return {
    enable: isEnabled,
    key: keyfile,
    cert: certfile,
    cacert: cacertfile,
    verify_peer: isOn(verify_peer),
    fail_if_no_peer_cert: isOn(verify_peer),
  };
}

/** The same with numbers and switches as such. */
function typed(value: ConfigValue, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one: ConfigValue) => typed(one, key));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typed(inner, name)]));
  }
  if (typeof value !== 'string') return value;
  if (switches.has(key)) return isOn(value);
  const isNumber = (numbers.has(key) || /_(interval|maximum|size|identifier)$/.test(key)) && /^\d+$/.test(value);
  return isNumber ? Number(value) : value;
}

function isObject(value: ConfigValue | undefined): value is ConfigObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('$secret' in value);
}

function isOn(value: ConfigValue): boolean {
  return /^(true|on|yes|1)$/i.test(textOf(value));
}

function textOf(value: ConfigValue): string {
  return typeof value === 'object' ? '' : String(value);
}
