// ArbitraryCase: a case out of a seed. A third of the conversations is made of frames of the fixtures with changed
// bytes, the rest of packets with odd values, some of them changed as well; several peers talk, in chunks of any size,
// are cut off, come back, and let time pass.
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Chance } from '../kit/chance.ts';
import { arbitraryText } from './arbitrary-text.ts';
import { type Conversation, type FuzzCase, isConversation, type Step } from './fuzz-case.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { oddPacket, openingPacket } from './odd-packets.ts';

/** Frames to begin with. */
export interface FrameFixture {
  readonly to: 'server' | 'client' | 'both';
  readonly version: ProtocolVersion;
  readonly hex: string;
}

/** What cases are made from: the frames of the fixtures, and cases that were of interest before. */
export interface Seeds {
  readonly frames: readonly FrameFixture[];
  readonly corpus: readonly FuzzCase[];
  readonly configs: readonly string[];
}

const { v31, v311, v5 } = ProtocolVersion;

/** The case of a seed. */
export function arbitraryCase(seed: number, seeds: Seeds): FuzzCase {
  const chance = new Chance(seed);
  const kind = chance.unit();
  if (kind < 0.1) return arbitraryText(chance, seeds.configs);
  const talks = seeds.corpus.filter(isConversation);
  if (kind < 0.2 && talks.length > 0) return changed(chance.pick(talks), chance);
  return conversation(chance, seeds.frames);
}

function conversation(chance: Chance, frames: readonly FrameFixture[]): Conversation {
  const target = chance.pick(['broker', 'broker', 'client', 'bridge'] as const);
  const version = chance.pick([v31, v311, v5, v5]);
  const to = target === 'broker' ? 'server' : 'client';
  const usable = frames.filter((one) => one.version === version && (one.to === to || one.to === 'both'));
  const isByFrames = chance.isTrue(0.33) && usable.length > 0;
  const next = (): Bytes => {
    if (!isByFrames) return maybeMutated(oddPacket(to, chance, version), 0.05, chance);
    return maybeMutated(bytesOf(Buffer.from(chance.pick(usable).hex, 'hex')), 0.7, chance);
  };
  const steps: Step[] = [];
  const isOpen = new Set<number>();
  const count = chance.int(1, 30);
  while (steps.length < count) {
    const peer = target === 'broker' ? chance.int(0, 2) : 0;
    const fate = chance.unit();
    if (fate < 0.06) steps.push({ do: 'wait', ms: chance.pick([1, 100, 2000, 20_000]) });
    else if (fate < 0.12 && isOpen.delete(peer)) steps.push({ do: 'cut', peer });
    else {
      const parts = isOpen.has(peer) || chance.isTrue(0.05) ? [] : [openingPacket(to, chance, version)];
      isOpen.add(peer);
      while (chance.isTrue(0.6) && parts.length < 8) parts.push(next());
      if (parts.length > 0) steps.push(sendOf(peer, Buffer.concat(parts), chance));
    }
  }
  return { target, version, steps };
}

function sendOf(peer: number, bytes: Bytes, chance: Chance): Step {
  const chunk = chance.isTrue(0.7) ? 65_536 : chance.pick([1, 2, 3, 7, 20]);
  return { do: 'send', peer, hex: bytes.toString('hex'), chunk };
}

/** A case that was of interest, with something different. */
function changed(one: Conversation, chance: Chance): Conversation {
  const steps = one.steps.map((step) => {
    if (step.do !== 'send' || !chance.isTrue(0.3)) return step;
    return sendOf(step.peer, mutateBytes(bytesOf(Buffer.from(step.hex, 'hex')), chance), chance);
  });
  const from = chance.int(0, steps.length - 1);
  return { ...one, steps: chance.isTrue(0.3) ? [...steps, ...steps.slice(from)].slice(0, 40) : steps };
}

function maybeMutated(bytes: Bytes, share: number, chance: Chance): Bytes {
  return chance.isTrue(share) ? mutateBytes(bytes, chance) : bytes;
}
