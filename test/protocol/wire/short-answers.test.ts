// Short answers beside their naive twin: what mqtt-packet writes of the same packets.
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import t from 'tap';
import { encodePacket } from '../../../protocol/wire/codec.ts';
import { toCodec } from '../../../protocol/wire/codec-objects.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { shortAnswer } from '../../../protocol/wire/short-answers.ts';

const { v31, v311, v5 } = ProtocolVersion;
const properties = {};
const packetId = fc.integer({ min: 1, max: 0xffff });
const code = fc.constantFrom(...Object.values(ReasonCode));

t.test('a short answer is what mqtt-packet writes [MQTT3-3.8.4-5] [MQTT31-7]', async (t) => {
  const subackCode = fc.constantFrom(0 as ReasonCode, 1 as ReasonCode, 2 as ReasonCode, ReasonCode.unspecifiedError);
  const answers = fc.oneof(
    fc.record({
      type: fc.constant(PacketType.connack),
      sessionPresent: fc.boolean(),
      reasonCode: code,
      properties: fc.constant(properties),
    }),
    fc.record({
      type: fc.constant(PacketType.suback),
      packetId,
      reasonCodes: fc.array(subackCode, { minLength: 1, maxLength: 200 }),
      properties: fc.constant(properties),
    }),
    fc.record({
      type: fc.constant(PacketType.unsuback),
      packetId,
      reasonCodes: fc.constant([]),
      properties: fc.constant(properties),
    }),
    fc.record({ type: fc.constant(PacketType.pingresp) }),
  );
  let [short, long] = [0, 0];
  fc.assert(
    fc.property(answers, fc.constantFrom(v31, v311), (packet: Packet, version) => {
      const bytes = shortAnswer(packet, version);
      if (bytes === undefined) {
        long++;
        return;
      }
      short++;
      const twin = mqttPacket.generate(toCodec(packet, version), { protocolVersion: version });
      t.ok(bytes.equals(twin), `${bytes.toString('hex')} ${twin.toString('hex')}`);
      t.ok(encodePacket(packet, version).equals(bytes));
    }),
    { numRuns: 500 },
  );
  t.ok(short > 100 && long > 0, `${short} short ones, ${long} for the codec`);
});

t.test('what is not right beyond doubt is left to the codec', async (t) => {
  const suback = { type: PacketType.suback, packetId: 1, reasonCodes: [0 as ReasonCode], properties } as const;
  t.equal(shortAnswer(suback, v5), undefined, '5.0 has properties');
  for (const wrong of [0, 65_536, 1.5, -1]) t.equal(shortAnswer({ ...suback, packetId: wrong }, v311), undefined);
  t.equal(shortAnswer({ ...suback, reasonCodes: [] }, v311), undefined);
  t.equal(shortAnswer({ ...suback, reasonCodes: [ReasonCode.unspecifiedError] }, v31), undefined, '3.1 has no failure');
  const refused = {
    type: PacketType.connack,
    sessionPresent: true,
    reasonCode: ReasonCode.banned,
    properties,
  } as const;
  t.equal(shortAnswer(refused, v311), undefined, 'a session that is present and refused');
});
