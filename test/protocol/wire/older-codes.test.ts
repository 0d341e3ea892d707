// What 3.x hears of each reason code of 5.0: the whole table again, written down apart, and in bytes.
import t from 'tap';
import { encodePacket } from '../../../protocol/wire/codec.ts';
import { isAcknowledged, reasonOfReturnCode, returnCodeOf, subackCode } from '../../../protocol/wire/older-codes.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode, reasonName } from '../../../protocol/wire/reason-code.ts';

const { v31, v311, v5 } = ProtocolVersion;

/** Reason codes by the return code of CONNACK; all failures that are not here are 3, server unavailable. */
const connackCodes: readonly (readonly number[])[] = [
  [0x00, 0x01, 0x02, 0x04, 0x10, 0x11, 0x18, 0x19],
  [0x84],
  [0x85],
  [],
  [0x86],
  [0x87, 0x8a, 0x8c],
];

/** Refusals of a message that every other try would meet too. */
const final: readonly number[] = [0x87, 0x90, 0x95, 0x99, 0x97];

for (const code of Object.values(ReasonCode)) {
  const returnCode =
    Math.max(
      0,
      connackCodes.findIndex((codes) => codes.includes(code)),
    ) || (code < 0x80 ? 0 : 3);
  const isFailure = code >= 0x80;
  const ending = isFailure && !final.includes(code) ? 'ends the connection' : 'is acknowledged';
  t.test(
    `${code} ${reasonName(code)} is CONNACK ${returnCode} in 3.x, and a message that meets it ${ending} [MQTT31-9] [MQTT31-12] [MQTT3-3.9.3-2] [MQTT3-3.3.5-2]`,
    async (t) => {
      t.equal(returnCodeOf(code), returnCode);
      for (const version of [v31, v311]) {
        const connack = { type: PacketType.connack, sessionPresent: false, reasonCode: code, properties: {} } as const;
        t.equal(encodePacket(connack, version).toString('hex'), `2002000${returnCode}`);
      }
      t.equal(subackCode(code, v311), isFailure ? 0x80 : code);
      t.equal(subackCode(code, v31), isFailure ? 0 : code);
      t.equal(subackCode(code, v5), code);
      t.equal(isAcknowledged(code), ending === 'is acknowledged');
    },
  );
}

t.test('a return code comes back as a reason, and as the same return code; there are six', async (t) => {
  for (const returnCode of [0, 1, 2, 3, 4, 5]) {
    const reason = reasonOfReturnCode(returnCode);
    t.equal(reason === undefined ? -1 : returnCodeOf(reason), returnCode);
  }
  t.equal(reasonOfReturnCode(6), undefined);
  t.equal(reasonOfReturnCode(255), undefined);
});
