// Property blocks: strict reading and writing of the property list that 5.0 packets carry. Every identifier must be
// known, allowed where it stands, present once (user properties and subscription identifiers of PUBLISH apart), and
// within its bounds; every length must lie inside the block. The order of user properties is kept [MQTT-3.3.2-18].
import { allocateBytes, type Bytes, bytesOfText, copyOfBytes, isUtf8Range, joinBytes, textOfBytes } from './bytes.ts';
import { Malformed } from './malformed.ts';
import type { Properties, UserProperty } from './properties.ts';
import { PropertyPlace, type PropertyRow, propertyRow, propertyRows } from './property-names.ts';
import { ReasonCode } from './reason-code.ts';
import { readVarint, varintSize, writeVarint } from './varint.ts';

type Value = number | boolean | string | Bytes | UserProperty;

/** One property as it stands in a block. */
interface Item {
  readonly row: PropertyRow;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** Reads a block, `bytes[start..end)` without its length prefix; the properties, or what is wrong with them. */
export function readProperties(bytes: Bytes, start: number, end: number, place: PropertyPlace): Properties | Malformed {
  const found: { [name: string]: Value | Value[] } = {};
  const identifiers: number[] = [];
  const pairs: UserProperty[] = [];
  for (let position = start; position < end; ) {
    const item = readItem(bytes, position, end, place);
    if (item instanceof Malformed) return item;
    const value = readValue(bytes, item);
    if (value instanceof Malformed) return value;
    const { name, kind } = item.row;
    const isIdentifier = name === 'subscriptionIdentifiers';
    const isFirst = isIdentifier ? identifiers.length === 0 || place === PropertyPlace.publish : !(name in found);
    if (!isFirst) return twice(name);
    if (kind === 'pair' && Array.isArray(value)) pairs.push([String(value[0]), String(value[1])]);
    else if (isIdentifier) identifiers.push(Number(value));
    else found[name] = value;
    position = item.end;
  }
  if (found.authenticationData !== undefined && found.authenticationMethod === undefined) {
    return broken(ReasonCode.protocolError, 'authentication data without an authentication method');
  }
  if (identifiers.length > 0) found.subscriptionIdentifiers = identifiers;
  if (pairs.length > 0) found.userProperties = pairs;
  // The table gives each name exactly the type that `Properties` declares for it; the compiler cannot follow that.
  return found as Properties;
}

/**
 * The first fault of a block, without building anything: the check of the message path. `forbiddenIn` properties and
 * duplicates are told like everything else. Returns undefined for a correct block.
 */
export function checkProperties(bytes: Bytes, start: number, end: number, place: PropertyPlace): Malformed | undefined {
  let seenLow = 0;
  let seenHigh = 0;
  for (let position = start; position < end; ) {
    const item = readItem(bytes, position, end, place);
    if (item instanceof Malformed) return item;
    const fault = checkValue(bytes, item);
    if (fault) return fault;
    const { id, kind, name } = item.row;
    const isRepeatable = kind === 'pair' || (id === 0x0b && place === PropertyPlace.publish);
    const bit = 1 << (id & 31);
    const isSeen = id < 32 ? (seenLow & bit) !== 0 : (seenHigh & bit) !== 0;
    if (isSeen && !isRepeatable) return twice(name);
    if (id < 32) seenLow |= bit;
    else seenHigh |= bit;
    position = item.end;
  }
  return undefined;
}

/**
 * Visits the properties of a block that is known to be correct: identifier, where the whole property starts and ends,
 * and where its value starts.
 */
export function visitProperties(
  block: Bytes,
  start: number,
  end: number,
  visit: (id: number, itemStart: number, valueStart: number, itemEnd: number) => void,
): void {
  for (let position = start; position < end; ) {
    const row = propertyRow(block[position] ?? 0);
    if (row === undefined) return;
    const itemEnd = endOf(block, row, position + 1, end);
    visit(row.id, position, position + 1, itemEnd);
    position = itemEnd;
  }
}

/**
 * Writes properties as a block with its length prefix, in the order of their identifiers. Throws RangeError for values
 * out of bounds and for what `place` may not carry.
 */
export function writeProperties(properties: Properties, place: PropertyPlace): Bytes {
  const block = encodeBlock(properties, place);
  const prefix = allocateBytes(varintSize(block.length));
  writeVarint(prefix, 0, block.length);
  return joinBytes([prefix, block]);
}

/**
 * The block of a message that an application publishes, without length prefix and without topic alias, message expiry
 * and subscription identifiers, which are written anew for each receiver. Throws RangeError for values out of bounds
 * and for what a PUBLISH may not carry.
 */
export function encodePublishProperties(properties: Properties): Bytes {
  const { topicAlias: _alias, messageExpiryInterval: _expiry, subscriptionIdentifiers: _ids, ...rest } = properties;
  return encodeBlock(rest, PropertyPlace.publish);
}

/** The properties of a message's block, which is known to be correct. */
export function decodePublishProperties(block: Bytes): Properties {
  const properties = readProperties(block, 0, block.length, PropertyPlace.publish);
  return properties instanceof Malformed ? {} : properties;
}

function readItem(bytes: Bytes, position: number, end: number, place: PropertyPlace): Item | Malformed {
  const id = bytes[position] ?? 0;
  const row = propertyRow(id);
  if (row === undefined) return broken(ReasonCode.malformedPacket, `property ${id} does not exist`);
  // section 2.2.2.2: an identifier that is not valid for its packet makes it malformed
  if ((row.places & place) === 0)
    return broken(ReasonCode.malformedPacket, `the property ${row.name} is not allowed here`);
  const itemEnd = endOf(bytes, row, position + 1, end);
  if (itemEnd > end) return broken(ReasonCode.malformedPacket, `the property ${row.name} is longer than its block`);
  return { row, start: position, valueStart: position + 1, end: itemEnd };
}

/** Where a value ends; beyond `end` when it does not fit. */
function endOf(bytes: Bytes, row: PropertyRow, start: number, end: number): number {
  switch (row.kind) {
    case 'byte':
    case 'flag':
      return start + 1;
    case 'uint16':
      return start + 2;
    case 'uint32':
      return start + 4;
    case 'varint': {
      const value = readVarint(bytes, start, end);
      return value < 0 ? end + 1 : start + varintSize(value);
    }
    case 'text':
    case 'bytes':
      return endOfString(bytes, start, end);
    case 'pair':
      return endOfString(bytes, endOfString(bytes, start, end), end);
    default: {
      const never: never = row.kind;
      return never;
    }
  }
}

function endOfString(bytes: Bytes, start: number, end: number): number {
  return start + 2 > end ? end + 1 : start + 2 + bytes.readUInt16BE(start);
}

function checkValue(bytes: Bytes, item: Item): Malformed | undefined {
  const { row, valueStart, end } = item;
  switch (row.kind) {
    case 'byte':
    case 'flag':
      return (bytes[valueStart] ?? 0) > 1 ? outOfBounds(row, bytes[valueStart] ?? 0) : undefined;
    case 'uint16':
      return checkNumber(row, bytes.readUInt16BE(valueStart));
    case 'uint32':
      return checkNumber(row, bytes.readUInt32BE(valueStart));
    case 'varint':
      return checkNumber(row, readVarint(bytes, valueStart, end));
    case 'text':
      return checkText(bytes, valueStart + 2, end, row);
    case 'bytes':
      return undefined;
    case 'pair': {
      const nameEnd = endOfString(bytes, valueStart, end);
      return checkText(bytes, valueStart + 2, nameEnd, row) ?? checkText(bytes, nameEnd + 2, end, row);
    }
    default: {
      const never: never = row.kind;
      return never;
    }
  }
}

/** [MQTT-3.3.2-8] and the protocol errors of sections 3.1.2.11.3, 3.1.2.11.4 and 3.8.2.1.2: these may not be 0. */
function checkNumber(row: PropertyRow, value: number): Malformed | undefined {
  const mayNotBeZero =
    row.name === 'topicAlias' ||
    row.name === 'receiveMaximum' ||
    row.name === 'maximumPacketSize' ||
    row.name === 'subscriptionIdentifiers';
  if (value !== 0 || !mayNotBeZero) return undefined;
  if (row.name === 'topicAlias') return new Malformed(ReasonCode.topicAliasInvalid, 'MQTT-3.3.2-8', 'topic alias 0');
  return outOfBounds(row, value);
}

/** [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1] [MQTT-3.3.2-13] [MQTT-3.3.2-14] [MQTT-3.3.2-19] */
function checkText(bytes: Bytes, start: number, end: number, row: PropertyRow): Malformed | undefined {
  if (!isUtf8Range(bytes, start, end)) {
    return new Malformed(ReasonCode.malformedPacket, 'MQTT-1.5.4-1', `the property ${row.name} is not valid UTF-8`);
  }
  const isTopic = row.name === 'responseTopic';
  for (let index = start; index < end; index++) {
    const byte = bytes[index];
    if (byte === 0) {
      return new Malformed(ReasonCode.malformedPacket, 'MQTT-1.5.4-2', `the property ${row.name} holds a NUL`);
    }
    if (isTopic && (byte === 0x23 || byte === 0x2b)) {
      return new Malformed(ReasonCode.protocolError, 'MQTT-3.3.2-14', 'the response topic holds a wildcard');
    }
  }
  return isTopic && start === end ? broken(ReasonCode.protocolError, 'the response topic is empty') : undefined;
}

function readValue(bytes: Bytes, item: Item): Value | Malformed {
  const fault = checkValue(bytes, item);
  if (fault) return fault;
  const { row, valueStart, end } = item;
  switch (row.kind) {
    case 'byte':
      return bytes[valueStart] ?? 0;
    case 'flag':
      return bytes[valueStart] === 1;
    case 'uint16':
      return bytes.readUInt16BE(valueStart);
    case 'uint32':
      return bytes.readUInt32BE(valueStart);
    case 'varint':
      return readVarint(bytes, valueStart, end);
    case 'text':
      return textOfBytes(bytes, valueStart + 2, end);
    case 'bytes':
      return copyOfBytes(bytes, valueStart + 2, end);
    case 'pair': {
      const nameEnd = endOfString(bytes, valueStart, end);
      return [textOfBytes(bytes, valueStart + 2, nameEnd), textOfBytes(bytes, nameEnd + 2, end)];
    }
    default: {
      const never: never = row.kind;
      return never;
    }
  }
}

function encodeBlock(properties: Properties, place: PropertyPlace): Bytes {
  const parts: Bytes[] = [];
  for (const row of propertyRows()) {
    const value = properties[row.name];
    if (value === undefined) continue;
    const values = Array.isArray(value) ? value : [value];
    for (const one of values) parts.push(encodeItem(row, one));
  }
  const block = joinBytes(parts);
  const fault = checkProperties(block, 0, block.length, place);
  if (fault) throw new RangeError(fault.detail);
  return block;
}

function encodeItem(row: PropertyRow, value: unknown): Bytes {
  switch (row.kind) {
    case 'byte':
    case 'flag':
      return numberItem(row, Number(value), 1, 1);
    case 'uint16':
      return numberItem(row, Number(value), 2, 0xffff);
    case 'uint32':
      return numberItem(row, Number(value), 4, 0xffffffff);
    case 'varint': {
      const number = Number(value);
      if (!Number.isInteger(number) || number < 1 || number > 268_435_455) throw outOfRange(row, number);
      const bytes = allocateBytes(1 + varintSize(number));
      bytes[0] = row.id;
      writeVarint(bytes, 1, number);
      return bytes;
    }
    case 'text':
      return joinBytes([idOf(row), stringPart(row, bytesOfText(String(value)))]);
    case 'bytes':
      // `Properties` declares bytes for every property of this kind
      return joinBytes([idOf(row), stringPart(row, value as Bytes)]);
    case 'pair': {
      const [name, text] = Array.isArray(value) ? value : ['', ''];
      const parts = [stringPart(row, bytesOfText(String(name))), stringPart(row, bytesOfText(String(text)))];
      return joinBytes([idOf(row), ...parts]);
    }
    default: {
      const never: never = row.kind;
      return never;
    }
  }
}

function idOf(row: PropertyRow): Bytes {
  const bytes = allocateBytes(1);
  bytes[0] = row.id;
  return bytes;
}

function numberItem(row: PropertyRow, value: number, size: number, max: number): Bytes {
  if (!Number.isInteger(value) || value < 0 || value > max) throw outOfRange(row, value);
  const bytes = allocateBytes(1 + size);
  bytes[0] = row.id;
  if (size === 1) bytes[1] = value;
  else if (size === 2) bytes.writeUInt16BE(value, 1);
  else bytes.writeUInt32BE(value, 1);
  return bytes;
}

function stringPart(row: PropertyRow, text: Bytes): Bytes {
  if (text.length > 0xffff) throw new RangeError(`${row.name} is ${text.length} bytes long, at most 65535 are allowed`);
  const bytes = allocateBytes(2 + text.length);
  bytes.writeUInt16BE(text.length, 0);
  text.copy(bytes, 2);
  return bytes;
}

function outOfRange(row: PropertyRow, value: number): RangeError {
  return new RangeError(`${row.name} cannot be ${value}`);
}

function outOfBounds(row: PropertyRow, value: number): Malformed {
  return broken(ReasonCode.protocolError, `the property ${row.name} cannot be ${value}`);
}

function twice(name: string): Malformed {
  return broken(ReasonCode.protocolError, `the property ${name} occurs twice`);
}

function broken(reasonCode: ReasonCode, detail: string): Malformed {
  return new Malformed(reasonCode, '', detail);
}
