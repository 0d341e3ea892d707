// BridgeFaults: what the keys of a bridge must not say together, each with the key that it is about, so that it is told
// with its line and value. Whatever would only fail when the bridge is opened is found here.
// Bounded by the rules.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import type { RemoteAddress } from '../base/remote-address.ts';
import type { ForwardConfig } from './bridge-config.ts';
import { type SslDraft, serviceFault, tlsFault } from './schema-remote.ts';
import type { RuleDraft } from './schema-rules.ts';

/** What is wrong, and the key that says it. */
export interface KeyFault {
  readonly key: string;
  readonly message: string;
}

/** The keys that are looked at, as the schema reads them. */
export interface RawBridge {
  readonly server: RemoteAddress;
  readonly srv: boolean;
  readonly ssl?: SslDraft | undefined;
  readonly ws_headers?: readonly (readonly [string, string])[] | undefined;
  readonly proto_ver: 3 | 4 | 5;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly password_file?: string | undefined;
  readonly password_command?: readonly string[] | undefined;
  readonly auth_method?: string | undefined;
  readonly backoff_min: number;
  readonly backoff_max: number;
  readonly will?: object | undefined;
  readonly notification_topic?: string | undefined;
  readonly notifications_local_only: boolean;
  readonly hybrid_bridging: boolean;
  readonly hybrid_servers: readonly unknown[];
  readonly lane_order: string;
  readonly forwards: readonly RuleDraft<Omit<ForwardConfig, 'place'>>[];
}

/** Everything that does not fit together. */
export function faultsOfBridge(raw: RawBridge): readonly KeyFault[] {
  return [...faultsOfWay(raw), ...faultsOfLogin(raw), ...faultsOfOrder(raw)];
}

function faultsOfWay(raw: RawBridge): readonly KeyFault[] {
  const { server, ssl, srv, ws_headers: headers, hybrid_bridging: isHybrid, hybrid_servers: servers } = raw;
  const hasNoWill = raw.will === undefined || raw.notification_topic === undefined || raw.notifications_local_only;
  const isWebSocket = server.webSocket !== undefined;
  return faults({
    server: tlsFault(server, ssl),
    srv: serviceFault(server, srv),
    ws_headers: headers && !isWebSocket && 'expected a server = "ws://..." or "wss://..." beside ws_headers',
    backoff_min: raw.backoff_min > raw.backoff_max && 'expected backoff_min to be at most backoff_max',
    notification_topic:
      !hasNoWill && 'expected no will beside notification_topic, which needs it; or notifications_local_only = true',
    hybrid_bridging:
      isHybrid && servers.length === 0 && 'expected hybrid_servers = [ "mqtt-tcp://host:1883" ] beside hybrid_bridging',
  });
}

function faultsOfLogin(raw: RawBridge): readonly KeyFault[] {
  const { username, password, password_file: file, password_command: command } = raw;
  const given = Object.entries({ password, password_file: file, password_command: command });
  const passwords = given.filter(([, value]) => value !== undefined).map(([key]) => key);
  const isOld = raw.proto_ver !== 5;
  const isNameless = isOld && passwords.length > 0 && username === undefined;
  return faults({
    [passwords[1] ?? '']: passwords.length > 1 && 'expected one of password, password_file and password_command',
    [passwords[0] ?? '']:
      isNameless && 'expected a username beside the password: MQTT 3.1 and 3.1.1 send none without the other',
    auth_method:
      raw.auth_method !== undefined &&
      (isOld || username === undefined || passwords.length === 0) &&
      'expected proto_ver = 5, a username and a password beside auth_method',
  });
}

/** A template that cannot be compiled for a rule that is used: the bridge could not be opened. */
function faultsOfOrder({ lane_order: order, forwards }: RawBridge): readonly KeyFault[] {
  if (order === 'topic' || order === 'publisher') return [];
  for (const [place, { isEnabled, config }] of forwards.entries()) {
    const { localTopic, moreFilters = [] } = config;
    const mapping = isEnabled ? RuleMapping.compile(localTopic, order, { moreFilters }) : undefined;
    if (!(mapping instanceof MappingFault)) continue;
    const expected = 'expected topic, publisher, or a template of captures that every rule of forwards has, as $1';
    return [{ key: 'lane_order', message: `${expected}; forwards.${place}: ${mapping.detail}` }];
  }
  return [];
}

function faults(found: Readonly<Record<string, string | false | undefined>>): readonly KeyFault[] {
  return Object.entries(found).flatMap(([key, message]) => (typeof message === 'string' ? [{ key, message }] : []));
}
