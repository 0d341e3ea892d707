// hot path
// AliasedRun: the messages of a run for a peer that takes topic aliases: each is written as it would be alone, with the
// alias that its topic has or gets, and without the topic where the peer knows the alias. 5.0 only, so every frame has
// a property block; the alias comes first in it. Bounded by the run.
import type { Bytes } from '../wire/bytes.ts';
import type { Outbox } from '../wire/outbox.ts';
import { PropertyId } from '../wire/property-names.ts';
import { ProtocolVersion, type Qos } from '../wire/protocol-version.ts';
import type { RunForms } from '../wire/run-forms.ts';
import { readVarint, varintSize, writeVarint } from '../wire/varint.ts';
import type { OutboundAliases } from './outbound-aliases.ts';

/** How a run is sent. */
export interface AliasedTarget {
  readonly aliases: OutboundAliases;
  readonly qos: Qos;
  /** Packet identifier of the first message; those of the others follow. Not for QoS 0. */
  readonly firstId: number;
}

/** The most that a frame grows by, identifier apart: three bytes of alias, and both lengths by one. */
const growthMax = 5;

/** Writes the run. */
export function writeAliasedRun(outbox: Outbox, forms: RunForms, target: AliasedTarget): void {
  const { aliases, qos, firstId } = target;
  const frames = forms.run.frames();
  const idBytes = forms.qos > 0 ? 2 : 0;
  const isFromV5 = forms.version === ProtocolVersion.v5;
  const bytes = outbox.reserve(frames.length + growthMax * forms.count);
  let to = outbox.position;
  for (let index = 0, from = 0; index < forms.count; index++) {
    let length = 0;
    let shift = 0;
    let body = from + 1;
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      byte = frames[body++] ?? 0;
      length += (byte & 0x7f) << shift;
    }
    const end = body + length;
    const topicEnd = body + 2 + (((frames[body] ?? 0) << 8) | (frames[body + 1] ?? 0));
    const blockStart = topicEnd + idBytes;
    const blockBytes = isFromV5 ? readVarint(frames, blockStart, end) : 0;
    const rest = blockStart + (isFromV5 ? varintSize(blockBytes) : 0);
    const topic = frames.subarray(body + 2, topicEnd);
    to = writeHead(bytes, to, { aliases, qos, topic, packetId: firstId + index, blockBytes, restBytes: end - rest });
    frames.copy(bytes, to, rest, end);
    to += end - rest;
    from = end;
  }
  outbox.position = to;
  outbox.packets += forms.count;
}

interface Head {
  readonly aliases: OutboundAliases;
  readonly qos: Qos;
  readonly topic: Bytes;
  readonly packetId: number;
  /** The properties that the message has, without their length. */
  readonly blockBytes: number;
  /** Those and the payload. */
  readonly restBytes: number;
}

/** Everything up to the properties that the message has. Returns where those go. */
function writeHead(bytes: Bytes, start: number, head: Head): number {
  const { aliases, qos, topic, packetId, blockBytes, restBytes } = head;
  const use = aliases.useFor(topic);
  const topicLength = use.isTopicOmitted ? 0 : topic.length;
  const aliasBytes = use.alias > 0 ? 3 : 0;
  const block = aliasBytes + blockBytes;
  bytes[start] = 0x30 | (qos << 1);
  const length = 2 + topicLength + (qos > 0 ? 2 : 0) + varintSize(block) + aliasBytes + restBytes;
  let to = writeVarint(bytes, start + 1, length);
  bytes[to++] = topicLength >> 8;
  bytes[to++] = topicLength & 0xff;
  if (topicLength > 0) topic.copy(bytes, to);
  to += topicLength;
  if (qos > 0) {
    bytes[to++] = packetId >> 8;
    bytes[to++] = packetId & 0xff;
  }
  to = writeVarint(bytes, to, block);
  if (aliasBytes > 0) {
    bytes[to++] = PropertyId.topicAlias;
    bytes[to++] = use.alias >> 8;
    bytes[to++] = use.alias & 0xff;
  }
  aliases.used(topic, use);
  return to;
}
