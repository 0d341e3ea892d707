// hot path
// RunRewrite: the messages of a run under other topics. Only the topic and with it the remaining length change; the
// rest of each frame is copied, so the result is a run as good as the first, in memory of its own. Messages that get
// no topic are left out. Bounded by the run and the topics that it gets.
import { allocateBytes, type Bytes } from './bytes.ts';
import type { PublishRun } from './publish-run.ts';
import { writeVarint } from './varint.ts';

/** Who knows the other topics. */
export interface TopicRewriter {
  /** The topic for the one in `bytes[start..end)`, in UTF-8, at most 65,535 bytes; undefined for none. */
  rewrite(bytes: Bytes, start: number, end: number): Bytes | undefined;
}

/** The most that the head of a frame grows by beside its topic: the remaining length from one byte to four. */
const headGrowthMax = 3;

/** Makes `target`, which is empty, the run of the messages of `source` under their other topics. */
export function rewriteRun(source: PublishRun, rewriter: TopicRewriter, target: PublishRun): void {
  const frames = source.frames();
  let bytes = allocateBytes(frames.length + source.count * (headGrowthMax + 16));
  const idBytes = source.qos > 0 ? 2 : 0;
  let { payloadBytes } = source;
  let to = 0;
  for (let index = 0, from = 0; index < source.count; index++) {
    let length = 0;
    let shift = 0;
    let body = from + 1;
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      byte = frames[body++] ?? 0;
      length += (byte & 0x7f) << shift;
    }
    const end = body + length;
    const topicEnd = body + 2 + (((frames[body] ?? 0) << 8) | (frames[body + 1] ?? 0));
    const topic = rewriter.rewrite(frames, body + 2, topicEnd);
    if (topic !== undefined) {
      const start = to;
      const size = 2 + topic.length + end - topicEnd;
      const needed = to + size + 5 + frames.length - end;
      if (needed > bytes.length) bytes = enlarged(bytes, needed * 2, target);
      bytes[to] = frames[from] ?? 0;
      to = writeVarint(bytes, to + 1, size);
      to = bytes.writeUInt16BE(topic.length, to);
      topic.copy(bytes, to);
      to += topic.length;
      frames.copy(bytes, to, topicEnd, end);
      target.put(bytes, start, to + end - topicEnd, to);
      to += end - topicEnd;
    }
    if (topic === undefined) payloadBytes -= end - topicEnd - idBytes;
    from = end;
  }
  target.payloadBytes = Math.max(0, payloadBytes);
}

function enlarged(bytes: Bytes, size: number, target: PublishRun): Bytes {
  const larger = allocateBytes(size);
  bytes.copy(larger);
  target.bytes = larger;
  return larger;
}
