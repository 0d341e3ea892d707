// Notes: keys that are accepted and deserve a word: what the incumbent does with them, and what Viaduct does instead.
import type { ConfigNote } from './config-types.ts';
import type { HoconNode, HoconObject } from './hocon-node.ts';
import { textOfScalar } from './hocon-references.ts';

const resend = 'Viaduct sends unacknowledged messages again when it has reconnected, never on a live connection';
const notes: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^bridges\.mqtt\.[^.]+\.(resend_interval|resend_wait)$/, resend],
  [/^mqtt\.(retry_interval|batch_resend|max_awaiting_rel|await_rel_timeout)$/, resend],
  [/\.request_(problem|response)_infomation$/, 'accepted under this spelling; the standard writes information'],
  [/^bridges\.mqtt\.[^.]+\.max_parallel_processes$/, 'this version uses one connection a bridge'],
  [/^bridges\.mqtt\.[^.]+\.max_recv_queue_len$/, 'not needed: the receive maximum bounds what awaits acceptance'],
  [/^bridges\.mqtt\.[^.]+\.hybrid_servers$/, 'not used: hybrid bridging is not available in this version'],
  [/\.tcp\.(keepintvl|keepcnt|quickack|sendtimeo|recvtimeo)$/, 'left to the system'],
  [/\.stream_id$/, 'belongs to QUIC and means nothing over TCP'],
  [/^mqtt\.property_size$/, 'not needed: properties are bounded by the packet size'],
  [/^log\.rotation$/, 'files are not rotated by Viaduct: let the system do it'],
  [/^auth\.cache$/, 'not needed: decisions are remembered until the rules change'],
  [/^system$/, 'not used: there are no worker threads to configure'],
];

/** The notes on a configuration. */
export function notesOf(root: HoconObject): readonly ConfigNote[] {
  const found: ConfigNote[] = [];
  visit(root, '', found);
  return found;
}

function visit(node: HoconNode, path: string, found: ConfigNote[]): void {
  if (node.kind === 'array') for (const item of node.items) visit(item, path, found);
  if (node.kind !== 'object') return;
  for (const [key, { at, value }] of node.entries) {
    const inner = path === '' ? key : `${path}.${key}`;
    const text = notes.find(([pattern]) => pattern.test(inner))?.[1] ?? tlsNote(inner, value);
    if (text !== undefined) found.push({ file: at.file, line: at.line, path: inner, text });
    visit(value, inner, found);
  }
}

function tlsNote(path: string, value: HoconNode): string | undefined {
  const isOff = value.kind === 'scalar' && /^(false|off|no|0)$/i.test(textOfScalar(value));
  if (!/^bridges\..*\.ssl\.verify_peer$/.test(path) || !isOff) return undefined;
  return 'the remote is not verified: anybody on the way can read and change the messages';
}
