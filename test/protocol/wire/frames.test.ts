// Good frames of every packet type in every version, written down byte by byte: each is read as what it says, in each
// way of arriving, and written again as it was. Where a frame is longer than it need be, `encoded` is what is written
// instead.
import t from 'tap';
import { type Bytes, bytesOf } from '../../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../../protocol/wire/codec.ts';
import { allocateHeader } from '../../../protocol/wire/fixed-header.ts';
import { Malformed } from '../../../protocol/wire/malformed.ts';
import { PacketType, packetName } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { fixtureJson } from '../../kit/fixtures.ts';
import { readStream } from '../../kit/read-stream.ts';
import { scanThreeWays } from '../../kit/three-ways.ts';

interface GoodFrame {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly hex: string;
  /** The packet, with bytes as `{ hex }`. */
  readonly packet: { readonly type: PacketType };
  /** What is written; absent where it is what was read. */
  readonly encoded?: string;
}

const frames = fixtureJson<readonly GoodFrame[]>('frames/wellformed.json');
const { v31, v311, v5 } = ProtocolVersion;

/** A packet in JSON, with bytes as `{ hex }`. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: bytesOf(value).toString('hex') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

function packetOf(frame: Bytes, version: ProtocolVersion): Packet {
  const packet = decodePacket(frame, version);
  if (packet instanceof Malformed) throw new Error(packet.detail);
  return packet;
}

t.test('good frames are there for every packet type in every version that has it', async (t) => {
  for (const version of [v31, v311, v5]) {
    for (const type of Object.values(PacketType)) {
      if (type === PacketType.auth && version !== v5) continue;
      const isThere = frames.some((one) => one.version === version && one.packet.type === type);
      t.ok(isThere, `${packetName(type)} in ${version}`);
    }
  }
});

t.test('a good frame is read as what it says, however it arrives [MQTT-1.5.4-3] [MQTT3-1.5.3-3]', async (t) => {
  for (const { name, version, hex, packet } of frames) {
    const frame = Buffer.from(hex, 'hex');
    const { packets, fault } = readStream(frame, version);
    t.equal(fault, undefined, `${name}: ${fault?.detail}`);
    t.same(packets.map(plain), [packet], name);
    t.same(scanThreeWays(frame).frames, [hex], `${name}, three ways`);
  }
});

t.test(
  'a good frame is written again byte by byte [MQTT-1.5.5-1] [MQTT-2.2.2-1] [MQTT-3.3.2-18] [MQTT-3.1.3-10]',
  async (t) => {
    for (const { name, version, hex, encoded } of frames) {
      const packet = packetOf(Buffer.from(hex, 'hex'), version);
      t.equal(encodePacket(packet, version).toString('hex'), encoded ?? hex, name);
      if (encoded !== undefined)
        t.same(packetOf(Buffer.from(encoded, 'hex'), version), packet, `${name}, the same packet`);
    }
  },
);

t.test('every good frame cut short is refused, and with a byte more it is no whole packet', async (t) => {
  for (const { name, version, hex } of frames) {
    const frame = Buffer.from(hex, 'hex');
    for (let length = 0; length < frame.length; length++) {
      if (!(decodePacket(frame.subarray(0, length), version) instanceof Malformed)) t.fail(`${name} cut to ${length}`);
    }
    if (!(decodePacket(Buffer.concat([frame, Buffer.of(0)]), version) instanceof Malformed))
      t.fail(`${name} and a byte`);
  }
  t.pass(`${frames.length} frames`);
});

t.test('a broken stream is refused at the same place however it arrives [MQTT-4.13.1-1] [MQTT3-4.8.0-1]', async (t) => {
  const cases = fixtureJson<readonly { readonly name: string; readonly hex: string }[]>('frames/malformed.json');
  for (const { name, hex } of cases) {
    const { frames: found, fault } = scanThreeWays(Buffer.from(hex, 'hex'));
    t.ok(found.length > 0 || fault !== undefined, name);
  }
});

t.test('all good frames of a version in one stream are read one after the other', async (t) => {
  for (const version of [v31, v311, v5]) {
    const ours = frames.filter((one) => one.version === version);
    const stream = Buffer.from(ours.map(({ hex }) => hex).join(''), 'hex');
    t.same(
      readStream(stream, version).packets.map(plain),
      ours.map(({ packet }) => packet),
    );
    t.same(
      scanThreeWays(stream).frames,
      ours.map(({ hex }) => hex),
    );
  }
});

t.test('what a fault says is short, whatever the peer sent: it may go back to it as a reason string', async (t) => {
  const name = Buffer.alloc(65_530, 'a');
  const body = Buffer.concat([
    Buffer.of(name.length >> 8, name.length & 255),
    name,
    Buffer.from('0502003c00000163', 'hex'),
  ]);
  const { fault } = readStream(Buffer.concat([allocateHeader(0x10, body.length), body]), v5);
  t.equal(fault?.reasonCode, ReasonCode.unsupportedProtocolVersion);
  t.ok((fault?.detail.length ?? 0) < 100);
});
