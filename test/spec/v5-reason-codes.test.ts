// MQTT 5.0, section 2.4 and the tables of sections 3.2 to 3.15: every reason code is taken in the packets that list it,
// and in no other. The lists are written down here once more, as the standard has them, packet by packet.
import t from 'tap';
import { bytesOf } from '../../protocol/wire/bytes.ts';
import { decodePacket } from '../../protocol/wire/codec.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { wire } from '../kit/conversation.ts';

interface Row {
  readonly packet: string;
  readonly id: string;
  /** The packet, `XX` for the code. */
  readonly notation: string;
  /** In hexadecimal. */
  readonly codes: string;
}

const publish = '00 10 80 83 87 90 91 97 99';
const connack = '00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f';
const disconnect = '00 04 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2';
const rows: readonly Row[] = [
  { packet: 'CONNACK', id: '[MQTT-3.2.2-8]', notation: '20 (00 XX ())', codes: connack },
  { packet: 'PUBACK', id: '[MQTT-3.4.2-1]', notation: '40 (0001 XX)', codes: publish },
  { packet: 'PUBREC', id: '[MQTT-3.5.2-1]', notation: '50 (0001 XX)', codes: publish },
  { packet: 'PUBREL', id: '[MQTT-3.6.2-1]', notation: '62 (0001 XX)', codes: '00 92' },
  { packet: 'PUBCOMP', id: '[MQTT-3.7.2-1]', notation: '70 (0001 XX)', codes: '00 92' },
  {
    packet: 'SUBACK',
    id: '[MQTT-3.9.3-2]',
    notation: '90 (0001 () XX)',
    codes: '00 01 02 80 83 87 8f 91 97 9e a1 a2',
  },
  { packet: 'UNSUBACK', id: '[MQTT-3.11.3-2]', notation: 'b0 (0001 () XX)', codes: '00 11 80 83 87 8f 91' },
  { packet: 'DISCONNECT', id: '[MQTT-3.14.2-1]', notation: 'e0 (XX)', codes: disconnect },
  { packet: 'AUTH', id: '[MQTT-3.15.2-1]', notation: 'f0 (XX)', codes: '00 18 19' },
];

for (const { packet, id, notation, codes } of rows) {
  t.test(`${packet} has the reason codes that its table lists, and no other ${id}`, async (t) => {
    const listed = new Set(codes.split(' '));
    const taken = new Set<string>();
    for (let code = 0; code < 256; code++) {
      const hex = code.toString(16).padStart(2, '0');
      const frame = bytesOf(Buffer.from(wire(notation.replace('XX', hex)), 'hex'));
      const decoded = decodePacket(frame, ProtocolVersion.v5);
      if (!(decoded instanceof Malformed)) taken.add(hex);
    }
    t.same([...taken].sort(), [...listed].sort());
  });
}
