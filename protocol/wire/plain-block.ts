// hot path
// PlainBlock: property blocks that travel in runs, as they came: payload format, content type, correlation data and
// user properties. Everything else means work for each message (aliases, expiry, subscription identifiers, response
// topics that a bridge maps), and so does whatever is wrong. Blocks mostly repeat the one before; that is remembered.
// Bounded: `rememberedMax` bytes are remembered, longer blocks are judged each time.
import { allocateBytes, type Bytes, isUtf8Range } from './bytes.ts';
import { PropertyId } from './property-names.ts';
import { readVarint, varintSize } from './varint.ts';

const rememberedMax = 512;
/** What is no plain block, whatever it is. */
const other = -1;

/** Judges the blocks of one connection. */
export class PlainBlocks {
  readonly #remembered: Bytes = allocateBytes(rememberedMax);
  #rememberedBytes = 0;

  /** Where the block that begins at `start` with its length ends; -1 if it is none that is passed on as it came. */
  endOf(bytes: Bytes, start: number, end: number): number {
    const remembered = this.#rememberedBytes;
    if (remembered > 0 && start + remembered <= end && isSame(bytes, start, this.#remembered, remembered)) {
      return start + remembered;
    }
    const blockEnd = endOfPlainBlock(bytes, start, end);
    const size = blockEnd - start;
    if (blockEnd > 0 && size <= rememberedMax) {
      bytes.copy(this.#remembered, 0, start, blockEnd);
      this.#rememberedBytes = size;
    }
    return blockEnd;
  }
}

function isSame(bytes: Bytes, start: number, block: Bytes, length: number): boolean {
  // from the front: the length stands there, and no block is the beginning of another one
  for (let index = 0; index < length; index++) if (bytes[start + index] !== block[index]) return false;
  return true;
}

function endOfPlainBlock(bytes: Bytes, start: number, end: number): number {
  const length = readVarint(bytes, start, end);
  const from = start + varintSize(length);
  const blockEnd = from + length;
  if (length < 0 || blockEnd > end) return other;
  let seen = 0;
  for (let position = from; position < blockEnd; ) {
    const id = bytes[position] ?? 0;
    const next = endOfValue(bytes, id, position + 1, blockEnd);
    const isRepeated = id !== PropertyId.userProperty && (seen & (1 << (id & 31))) !== 0;
    if (next < 0 || isRepeated) return other;
    seen |= 1 << (id & 31);
    position = next;
  }
  return blockEnd;
}

function endOfValue(bytes: Bytes, id: number, start: number, end: number): number {
  switch (id) {
    case PropertyId.payloadFormatIndicator:
      return start < end && (bytes[start] ?? 2) < 2 ? start + 1 : other;
    case PropertyId.contentType:
      return endOfText(bytes, start, end);
    case PropertyId.correlationData:
      return endOfString(bytes, start, end);
    case PropertyId.userProperty: {
      const nameEnd = endOfText(bytes, start, end);
      return nameEnd < 0 ? other : endOfText(bytes, nameEnd, end);
    }
    default:
      return other;
  }
}

function endOfString(bytes: Bytes, start: number, end: number): number {
  if (start + 2 > end) return other;
  const stringEnd = start + 2 + (((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0));
  return stringEnd > end ? other : stringEnd;
}

/** Text is UTF-8 without NUL [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1]. */
function endOfText(bytes: Bytes, start: number, end: number): number {
  const textEnd = endOfString(bytes, start, end);
  let isAscii = true;
  for (let index = start + 2; index < textEnd; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === 0) return other;
    if (byte >= 0x80) isAscii = false;
  }
  return isAscii || isUtf8Range(bytes, start + 2, textEnd) ? textEnd : other;
}
