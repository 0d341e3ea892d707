// hot path
// RunTranslation: frames of QoS 0 messages without properties, from 3.x to 5.0 and back. All that differs is the
// empty property block behind the topic, one byte, and with it the remaining length. The frames are known to be
// whole and correct: they were read before, or begin like one that was.
import { allocateBytes, type Bytes } from './bytes.ts';
import { varintSize, writeVarint } from './varint.ts';

/** The same `count` messages in the other form, in new bytes. */
export function translateFrames(frames: Bytes, count: number, isToV5: boolean): Bytes {
  const target = allocateBytes(frames.length + 2 * count);
  let to = 0;
  let from = 0;
  while (from < frames.length) {
    let length = 0;
    let shift = 0;
    let position = from + 1;
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      byte = frames[position++] ?? 0;
      length += (byte & 0x7f) << shift;
    }
    const end = position + length;
    const topicEnd = position + 2 + (((frames[position] ?? 0) << 8) | (frames[position + 1] ?? 0));
    target[to] = frames[from] ?? 0;
    to = writeVarint(target, to + 1, isToV5 ? length + 1 : length - 1);
    to = copy(frames, position, topicEnd, target, to);
    if (isToV5) target[to++] = 0;
    to = copy(frames, isToV5 ? topicEnd : topicEnd + 1, end, target, to);
    from = end;
  }
  return target.subarray(0, to);
}

/** Whether every frame stays a packet that can be written: the longest possible one has no room for one byte more. */
export function canTranslate(frames: Bytes): boolean {
  return varintSize(frames.length) < 4;
}

/** Short pieces byte by byte, which is faster than a call. */
function copy(source: Bytes, start: number, end: number, target: Bytes, to: number): number {
  if (end - start > 40) {
    source.copy(target, to, start, end);
  } else {
    for (let index = start, at = to; index < end; index++) target[at++] = source[index] ?? 0;
  }
  return to + end - start;
}
