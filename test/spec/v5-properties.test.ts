// MQTT 5.0, section 2.2.2.2: every property is taken in the packets that may carry it, once, and in no other. The table
// is written down here once more, as the standard has it, packet by packet.
import t from 'tap';
import { bytesOf } from '../../protocol/wire/bytes.ts';
import { decodePacket } from '../../protocol/wire/codec.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { wire } from '../kit/conversation.ts';

/** Each property with a value that it may have. */
const samples: Readonly<Record<string, string>> = {
  '01': '01',
  '02': '00000001',
  '03': '<text>',
  '08': '<topic>',
  '09': '<data>',
  '0b': '07',
  '11': '00000001',
  '12': '<id>',
  '13': '0001',
  '15': '<M>',
  '16': '<data>',
  '17': '01',
  '18': '00000001',
  '19': '01',
  '1a': '<info>',
  '1c': '<server>',
  '1f': '<reason>',
  '21': '0001',
  '22': '0001',
  '23': '0001',
  '24': '01',
  '25': '01',
  '26': '<k> <v>',
  '27': '00000001',
  '28': '01',
  '29': '01',
  '2a': '01',
};

interface Row {
  readonly packet: string;
  /** The packet, `XX` for its properties. */
  readonly notation: string;
  readonly ids: string;
}

const rows: readonly Row[] = [
  { packet: 'CONNECT', notation: '10 (<MQTT> 05 02 0000 (XX) <c>)', ids: '11 15 16 17 19 21 22 26 27' },
  { packet: 'a will', notation: '10 (<MQTT> 05 06 0000 () <c> (XX) <w> <>)', ids: '01 02 03 08 09 18 26' },
  {
    packet: 'CONNACK',
    notation: '20 (00 00 (XX))',
    ids: '11 12 13 15 16 1a 1c 1f 21 22 24 25 26 27 28 29 2a',
  },
  { packet: 'PUBLISH', notation: '30 (<t> (XX))', ids: '01 02 03 08 09 0b 23 26' },
  { packet: 'PUBACK', notation: '40 (0001 00 (XX))', ids: '1f 26' },
  { packet: 'PUBREC', notation: '50 (0001 00 (XX))', ids: '1f 26' },
  { packet: 'PUBREL', notation: '62 (0001 00 (XX))', ids: '1f 26' },
  { packet: 'PUBCOMP', notation: '70 (0001 00 (XX))', ids: '1f 26' },
  { packet: 'SUBSCRIBE', notation: '82 (0001 (XX) <f> 00)', ids: '0b 26' },
  { packet: 'SUBACK', notation: '90 (0001 (XX) 00)', ids: '1f 26' },
  { packet: 'UNSUBSCRIBE', notation: 'a2 (0001 (XX) <f>)', ids: '26' },
  { packet: 'UNSUBACK', notation: 'b0 (0001 (XX) 00)', ids: '1f 26' },
  { packet: 'DISCONNECT', notation: 'e0 (00 (XX))', ids: '11 1c 1f 26' },
  { packet: 'AUTH', notation: 'f0 (18 (XX))', ids: '15 16 1f 26' },
];

function faultOf(notation: string): number | undefined {
  const decoded = decodePacket(bytesOf(Buffer.from(wire(notation), 'hex')), ProtocolVersion.v5);
  return decoded instanceof Malformed ? decoded.reasonCode : undefined;
}

for (const { packet, notation, ids } of rows) {
  t.test(`${packet} carries the properties that its section lists, and each once [MQTT-2.2.2-1]`, async (t) => {
    const listed = new Set(ids.split(' '));
    for (let number = 0; number < 256; number++) {
      const id = number.toString(16).padStart(2, '0');
      const property = `${id} ${samples[id] ?? '00'}`;
      // authentication data needs its method beside it
      const one = id === '16' && listed.has(id) ? `15 <M> ${property}` : property;
      const fault = faultOf(notation.replace('XX', one));
      t.equal(fault, listed.has(id) ? undefined : 0x81, `${id} once`);
      if (!listed.has(id)) continue;
      const isRepeatable = id === '26' || (id === '0b' && packet === 'PUBLISH');
      const twice = faultOf(notation.replace('XX', `${one} ${property}`));
      t.equal(twice, isRepeatable ? undefined : 0x82, `${id} twice`);
    }
    t.equal(faultOf(notation.replace('XX', '')), undefined, 'none at all');
  });
}

t.test('a value out of its bounds is a protocol error', async (t) => {
  const out = [
    ['30 (<t> (XX))', '01 02', 0x82],
    ['30 (<t> (XX))', '0b 00', 0x82],
    ['30 (<t> (XX))', '23 0000', 0x94],
    ['30 (<t> (XX))', '08 <>', 0x82],
    ['10 (<MQTT> 05 02 0000 (XX) <c>)', '17 02', 0x82],
    ['10 (<MQTT> 05 02 0000 (XX) <c>)', '19 02', 0x82],
    ['10 (<MQTT> 05 02 0000 (XX) <c>)', '21 0000', 0x82],
    ['10 (<MQTT> 05 02 0000 (XX) <c>)', '27 00000000', 0x82],
    ['20 (00 00 (XX))', '24 02', 0x82],
    ['20 (00 00 (XX))', '25 02', 0x82],
    ['20 (00 00 (XX))', '2a 02', 0x82],
  ] as const;
  for (const [notation, property, code] of out) t.equal(faultOf(notation.replace('XX', property)), code, property);
});

t.test('a property that is cut off, or longer than its block, is malformed [MQTT-2.2.2-1]', async (t) => {
  for (const [id, sample] of Object.entries(samples)) {
    const whole = wire(`${id} ${sample}`);
    const { notation } = rows.find(({ ids }) => ids.split(' ').includes(id)) ?? { notation: '' };
    for (let length = 2; length < whole.length; length += 2) {
      const fault = faultOf(notation.replace('XX', whole.slice(0, length)));
      t.equal(fault, 0x81, `${id} after ${length / 2} bytes`);
    }
  }
});
