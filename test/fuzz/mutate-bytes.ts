// MutateBytes: the byte level. Flips, cuts, doubles, swaps, and numbers that matter in places where they may matter.
import { type Bytes, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import type { Chance } from '../kit/chance.ts';

const telling = [0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xc0, 0xed, 0xf8, 0xff, 0x2b, 0x23, 0x24, 0x2f];

type Mutation = (bytes: Bytes, chance: Chance) => Bytes;

const at = (bytes: Bytes, chance: Chance): number => chance.int(0, Math.max(0, bytes.length - 1));

const mutations: readonly Mutation[] = [
  (bytes, chance) => {
    const place = at(bytes, chance);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << chance.int(0, 7));
    return bytes;
  },
  (bytes, chance) => {
    bytes[at(bytes, chance)] = chance.pick(telling);
    return bytes;
  },
  (bytes, chance) => {
    bytes[at(bytes, chance)] = chance.int(0, 255);
    return bytes;
  },
  (bytes, chance) => copyOfBytes(bytes, 0, at(bytes, chance)),
  (bytes, chance) => joinBytes([bytes, chance.bytes(chance.int(1, 8))]),
  (bytes, chance) => {
    const from = at(bytes, chance);
    const to = Math.min(bytes.length, from + chance.int(1, 12));
    return joinBytes([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, chance) => {
    const from = at(bytes, chance);
    return joinBytes([bytes.subarray(0, from), bytes.subarray(from + chance.int(1, 4))]);
  },
  (bytes, chance) => {
    const place = at(bytes, chance);
    bytes[place] = ((bytes[place] ?? 0) + chance.pick([1, 255, 127])) & 0xff;
    return bytes;
  },
  // the length on the second byte fits again, so that what follows is looked at
  (bytes) => {
    if (bytes.length >= 2 && bytes.length < 130) bytes[1] = bytes.length - 2;
    return bytes;
  },
];

/** Another stream, one to four changes away. */
export function mutateBytes(bytes: Bytes, chance: Chance): Bytes {
  let mutated = copyOfBytes(bytes);
  const count = chance.int(1, 4);
  for (let index = 0; index < count; index++) mutated = chance.pick(mutations)(mutated, chance);
  if (chance.isTrue(0.5)) mutated = mutations.at(-1)?.(mutated, chance) ?? mutated;
  return mutated;
}
