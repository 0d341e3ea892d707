// MQTT 5.0, section 3.15: the form of AUTH, the same for both sides. Its exchange is proved with the machines.
import t from 'tap';
import { fitPacket } from '../../protocol/connection/fitted-packet.ts';
import { bytesOf } from '../../protocol/wire/bytes.ts';
import { decodePacket } from '../../protocol/wire/codec.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import type { AuthPacket } from '../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { wire } from '../kit/conversation.ts';

const { v5, v311 } = ProtocolVersion;

function decoded(notation: string, version: ProtocolVersion = v5): unknown {
  return decodePacket(bytesOf(Buffer.from(wire(notation), 'hex')), version);
}

t.test('AUTH has one of three reason codes, and no other [MQTT-3.15.2-1]', async (t) => {
  for (let code = 0; code < 256; code++) {
    const packet = decoded(`f0 (${code.toString(16).padStart(2, '0')} ())`);
    if ([0x00, 0x18, 0x19].includes(code)) t.match(packet, { type: 15, reasonCode: code });
    else t.match(packet, { reasonCode: 0x82, detail: /unknown reason code/ }, `0x${code.toString(16)}`);
  }
  t.match(decoded('f0 ()'), { type: 15, reasonCode: 0, properties: {} });
  t.ok(decoded('f0 (18 ())', v311) instanceof Malformed, 'and exists in 5.0 only');
});

t.test(
  'what explains an AUTH is left out where it would make it too large [MQTT-3.15.2-2] [MQTT-3.15.2-3]',
  async (t) => {
    const needed = { authenticationMethod: 'M', authenticationData: bytesOf(Buffer.from('data')) };
    for (const more of [{ reasonString: 'because' }, { userProperties: [['why', 'because']] as const }]) {
      const packet: AuthPacket = { type: 15, reasonCode: 0x18, properties: { ...needed, ...more } };
      const whole = fitPacket(packet, v5, 1000);
      const size = whole?.length ?? 0;
      t.ok(size > 20);
      t.same(fitPacket(packet, v5, size), whole, 'it fits just so');
      const bare = fitPacket(packet, v5, size - 1);
      t.equal(bare?.toString('hex'), wire('f0 (18 (15 <M> 16 <data>))'), 'what is needed is not left out');
      t.equal(fitPacket(packet, v5, 14), undefined, 'and without it there is no packet');
    }
  },
);
