// Notes: keys that are accepted and deserve a word: what the incumbent does with them, and what
// Viaduct does instead; and what is missing where that has consequences which nobody expects. A note
// never stops anything.
import type { ConfigNote } from './config-types.ts';
import type { Finding, FindingCode } from './finding.ts';
import type { HoconNode, HoconObject } from './hocon-node.ts';
import { textOfScalar } from './hocon-references.ts';
import { idleKeys } from './idle-keys.ts';

/** What is said about keys whose path fits, unless `isWorthIt` says no to the value. */
interface Rule {
  readonly path: RegExp;
  /** Default `other-meaning`. */
  readonly code?: FindingCode;
  readonly text: string;
  readonly isWorthIt?: (value: HoconNode, parent: HoconObject) => boolean;
}

const nowhere = 'means nothing without data.dir: there is nowhere to store';
const resend = 'Viaduct sends unacknowledged messages again when it has reconnected, never on a live connection';
const vin = '$' + '{VIN}';

const rules: readonly Rule[] = [
  { path: /^bridges\.mqtt\.[^.]+\.(resend_interval|resend_wait)$/, text: resend },
  {
    path: /^bridges\.mqtt\.[^.]+\.cancel_timeout$/,
    text: `a remote that acknowledges nothing for so long is reconnected to; no message is given up: ${resend}`,
  },
  { path: /^mqtt\.(retry_interval|batch_resend|max_awaiting_rel|await_rel_timeout)$/, text: resend },
  {
    path: /\.request_(problem|response)_infomation$/,
    text: 'accepted under this spelling; the standard writes information',
  },
  {
    path: /^bridges\.mqtt\.[^.]+\.max_parallel_processes$/,
    text: 'so many connections, each with a client id of its own (ID, ID-2 ...), that keep the order by lane_order',
    isWorthIt: (value) => textOf(value) !== '1',
  },
  {
    path: /^bridges\.mqtt\.[^.]+\.max_recv_queue_len$/,
    code: 'without-effect',
    text: 'not needed: the receive maximum bounds what awaits acceptance',
  },
  {
    path: /^bridges\.mqtt\.[^.]+\.hybrid_servers$/,
    code: 'without-effect',
    text: 'not used: hybrid_bridging is off',
    isWorthIt: (value, parent) =>
      value.kind === 'array' && value.items.length > 0 && !/^(true|on|yes|1)$/i.test(textAt(parent, 'hybrid_bridging')),
  },
  {
    path: /^bridges\.mqtt\.[^.]+$/,
    code: 'client-id-default',
    text: 'without clientid it is viaduct-<name>; two machines with the same one take the connection from each other',
    isWorthIt: (value) => value.kind === 'object' && value.entries.has('server') && !value.entries.has('clientid'),
  },
  {
    path: /^bridges\..*\.ssl\.verify_peer$/,
    code: 'not-verified',
    text: 'the remote is not verified: anybody on the way can read and change the messages',
    isWorthIt: isOff,
  },
  {
    path: /^listeners\.ssl(\.[^.]+)?\.verify_peer$/,
    code: 'any-authority',
    text: 'without cacertfile the certificates of all public authorities are accepted',
    isWorthIt: (value, parent) => !isOff(value) && !parent.entries.has('cacertfile'),
  },
  {
    path: /^bridges\.mqtt\.[^.]+\.(conn_properties|sub_properties)$/,
    code: 'without-effect',
    text: 'not sent: properties need proto_ver = 5',
    isWorthIt: (_value, parent) => /^[34]$/.test(textAt(parent, 'proto_ver')),
  },
  { path: /\.tcp\.(keepintvl|quickack|sendtimeo|recvtimeo)$/, code: 'without-effect', text: 'left to the system' },
  {
    path: /\.tcp\.keepcnt$/,
    code: 'without-effect',
    text: 'a count, with or without unit (4s is 4); left to the system',
  },
  {
    path: /\.tcp\.nodelay$/,
    text: 'the flag of TCP alone: where bind_interface cannot be had, no other way is taken, whatever it says',
    isWorthIt: (_value, parent) => parent.entries.has('bind_interface'),
  },
  { path: /\.stream_id$/, code: 'without-effect', text: 'belongs to QUIC and means nothing over TCP' },
  {
    path: /^mqtt\.property_size$/,
    code: 'without-effect',
    text: 'not needed: properties are bounded by the packet size',
  },
  { path: /^log\.rotation$/, code: 'without-effect', text: 'files are not rotated by Viaduct: let the system do it' },
  {
    path: /^auth\.cache$/,
    code: 'without-effect',
    text: 'not needed: decisions are remembered until the rules change',
  },
  { path: /^system$/, code: 'without-effect', text: 'not used: there are no worker threads to configure' },
];

/** The notes on a configuration, in the order of its keys. */
export function notesOf(root: HoconObject): readonly ConfigNote[] {
  const found: ConfigNote[] = [];
  visit(root, '', found);
  return hasDirectory(root) ? found : [...found, ...levelsWithout(root, '')];
}

/** Whether anything outlives the process: `data`, or the incumbent's cache. */
function hasDirectory(root: HoconObject): boolean {
  const data = root.entries.get('data')?.value;
  const mqtt = objectAt(objectAt(root, 'bridges'), 'mqtt');
  const caches = [objectAt(root, 'sqlite'), objectAt(mqtt, 'cache')];
  return (data?.kind === 'object' && data.entries.has('dir')) || caches.some((one) => one !== undefined);
}

/** Levels of durability that mean nothing, since there is nowhere to store. */
function levelsWithout(node: HoconNode, path: string): readonly ConfigNote[] {
  if (node.kind === 'array') return node.items.flatMap((item) => levelsWithout(item, path));
  if (node.kind !== 'object') return [];
  return [...node.entries].flatMap(([key, { at, value }]) => {
    const inner = path === '' ? key : `${path}.${key}`;
    const isLevel =
      /(^|\.)((session_)?durability|qos_0)$/.test(inner) && /^(written|synced|persist)$/.test(textOf(value));
    const isKept = /^bridges\.mqtt\.[^.]+\.replay$/.test(inner);
    return isLevel || isKept
      ? [{ ...at, code: 'nowhere-to-store', path: inner, text: nowhere }]
      : levelsWithout(value, inner);
  });
}

function objectAt(node: HoconObject | undefined, key: string): HoconObject | undefined {
  const value = node?.entries.get(key)?.value;
  return value?.kind === 'object' ? value : undefined;
}

function visit(node: HoconNode, path: string, found: ConfigNote[]): void {
  if (node.kind === 'array') for (const item of node.items) visit(item, path, found);
  if (node.kind !== 'object') return;
  for (const [key, { at, value }] of node.entries) {
    const inner = path === '' ? key : `${path}.${key}`;
    for (const one of wordsAbout(node, inner, value)) found.push({ ...at, path: inner, ...one });
    visit(value, inner, found);
  }
}

function wordsAbout(parent: HoconObject, path: string, value: HoconNode): readonly Omit<Finding, 'path'>[] {
  const idle = idleKeys.filter((keys) => keys.path.test(path) && keys.isIdle(parent));
  const words = [
    ...rules
      .filter((rule) => rule.path.test(path) && (rule.isWorthIt?.(value, parent) ?? true))
      .map(({ code = 'other-meaning', text }) => ({ code, text })),
    ...idle.map(({ text }) => ({ code: 'without-effect' as const, text })),
  ];
  if (!textOf(value).includes(vin)) return words;
  return [...words, { code: 'variable-unset', text: `${vin} stays as it is: the variable NANOMQ_VIN is not set` }];
}

function isOff(value: HoconNode): boolean {
  return /^(false|off|no|0)$/i.test(textOf(value));
}

function textOf(value: HoconNode): string {
  return value.kind === 'scalar' ? textOfScalar(value) : '';
}

function textAt(object: HoconObject, key: string): string {
  const entry = object.entries.get(key);
  return entry === undefined ? '' : textOf(entry.value);
}
