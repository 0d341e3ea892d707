// FrameReader: walks the body of one frame and remembers the first thing that is wrong. After a fault
// every read returns an empty value, so that a check reads like the packet's layout, and is asked at its
// end. For the control path.
import { type Bytes, emptyBytes, isUtf8Range, textOfBytes } from './bytes.ts';
import { Malformed } from './malformed.ts';
import { noProperties, type Properties } from './properties.ts';
import { readProperties } from './property-block.ts';
import type { PropertyPlace } from './property-names.ts';
import { ReasonCode } from './reason-code.ts';
import { readVarint, varintSize } from './varint.ts';

/** A property block that was read: where it stands in the frame, its length prefix included, and what it holds. */
export interface BlockRead {
  readonly start: number;
  readonly end: number;
  readonly place: PropertyPlace;
  readonly properties: Properties;
}

/** A cursor over `bytes[position..end)`. */
export class FrameReader {
  /** The first fault; undefined while all is well. */
  fault: Malformed | undefined;
  /** Property blocks in the order in which they were read. */
  readonly blocks: BlockRead[] = [];
  /** Connect flags that announced what is not there; only 3.1 allows that. */
  absentFlags = 0;
  readonly #bytes: Bytes;
  readonly #end: number;
  readonly #name: string;
  #position: number;

  constructor(bytes: Bytes, position: number, end: number, name: string) {
    this.#bytes = bytes;
    this.#position = position;
    this.#end = end;
    this.#name = name;
  }

  /** Bytes not read yet. */
  get rest(): number {
    return this.#end - this.#position;
  }

  /** Notes a fault if `condition` does not hold and none was noted before. */
  expect(
    condition: boolean,
    detail: string,
    statement = '',
    reasonCode: ReasonCode = ReasonCode.malformedPacket,
  ): void {
    if (condition || this.fault) return;
    this.fault = new Malformed(reasonCode, statement, `${this.#name}: ${detail}`);
  }

  /** One byte. */
  uint8(what: string): number {
    return this.#take(1, what) ? (this.#bytes[this.#position - 1] ?? 0) : 0;
  }

  /** Two bytes. */
  uint16(what: string): number {
    return this.#take(2, what) ? this.#bytes.readUInt16BE(this.#position - 2) : 0;
  }

  /** A packet identifier: not 0 [MQTT-2.2.1-3] [MQTT3-2.3.1-1]. */
  packetId(): number {
    const packetId = this.uint16('packet identifier');
    this.expect(packetId !== 0, 'packet identifier 0', 'MQTT-2.2.1-3', ReasonCode.protocolError);
    return packetId;
  }

  /**
   * A UTF-8 string [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT3-1.5.3-1] [MQTT3-1.5.3-2]; a byte-order mark is kept
   * [MQTT-1.5.4-3] [MQTT3-1.5.3-3].
   */
  text(what: string): string {
    const bytes = this.binary(what);
    this.expect(isUtf8Range(bytes, 0, bytes.length), `${what} is not valid UTF-8`, 'MQTT-1.5.4-1');
    this.expect(!bytes.includes(0), `${what} holds a NUL character`, 'MQTT-1.5.4-2');
    return this.fault ? '' : textOfBytes(bytes);
  }

  /**
   * A topic name: no wildcard; empty only if `mayBeEmpty` [MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT3-3.3.2-2]
   * [MQTT3-4.7.3-1].
   */
  topicName(what: string, mayBeEmpty: boolean): string {
    const topic = this.text(what);
    const hasWildcard = topic.includes('+') || topic.includes('#');
    // the packet can be read, so it is not malformed; `topic name invalid` is for names that are correct
    this.expect(!hasWildcard, `${what} holds a wildcard`, 'MQTT-3.3.2-2', ReasonCode.protocolError);
    this.expect(mayBeEmpty || topic !== '', `${what} is empty`, 'MQTT-4.7.3-1', ReasonCode.protocolError);
    return topic;
  }

  /** Bytes behind a two-byte length. */
  binary(what: string): Bytes {
    const length = this.uint16(`length of ${what}`);
    return this.#take(length, what) ? this.#bytes.subarray(this.#position - length, this.#position) : emptyBytes;
  }

  /** A property block behind its length [MQTT-2.2.2-1]. */
  properties(place: PropertyPlace): Properties {
    if (this.fault) return noProperties;
    const start = this.#position;
    const length = readVarint(this.#bytes, start, this.#end);
    this.expect(length >= 0, 'no valid property length', 'MQTT-2.2.2-1');
    if (length < 0 || !this.#take(varintSize(length) + length, 'property block')) return noProperties;
    const block = this.#position - length;
    const properties = length === 0 ? noProperties : readProperties(this.#bytes, block, this.#position, place);
    if (properties instanceof Malformed) {
      this.fault = properties;
      return noProperties;
    }
    this.blocks.push({ start, end: this.#position, place, properties });
    return properties;
  }

  /** Skips all that is left. */
  skipRest(): void {
    this.#position = this.#end;
  }

  #take(size: number, what: string): boolean {
    if (this.fault) return false;
    this.expect(this.#position + size <= this.#end, `${what} does not fit into the packet`);
    if (this.fault) return false;
    this.#position += size;
    return true;
  }
}
