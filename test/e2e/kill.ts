// `npm run kill -- --rounds N [--seed S] [--groups G]`: kills edge processes N times at random moments, G of them
// beside each other (default 1), and tells what was lost, doubled or reordered. Exit code 1 if anything was.
import { parseArgs } from 'node:util';
import { playKillRounds } from '../kit/kill-rounds.ts';

/** Kills after which everything must have arrived. */
const perWorld = 25;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    groups: { type: 'string', default: '1' },
  },
});

/** What is still to be played, and what came of the rest. */
interface Rounds {
  left: number;
  nextSeed: number;
  done: number;
  promised: number;
}

/** Plays worlds one after the other until all rounds are taken. */
async function playGroup(all: Rounds): Promise<void> {
  while (all.left > 0) {
    const seed = all.nextSeed++;
    const rounds = Math.min(all.left, perWorld);
    all.left -= rounds;
    const { lost, doubled, takenBack, reordered, errors, promised, repeats } = await playKillRounds({ rounds, seed });
    all.done += rounds;
    all.promised += promised;
    console.log(
      `seed ${seed}: ${rounds} kills, ${promised} promised, ${lost.length} lost, ${doubled.length} doubled at QoS 2, ` +
        `${takenBack.length} by the remote itself, ${reordered.length} reordered, ${repeats} repeated at QoS 1, ` +
        `${errors.length} refused`,
    );
    const bad = [...lost, ...doubled, ...reordered, ...errors];
    for (const one of bad.slice(0, 10)) console.log(`  ${one}`);
    if (bad.length > 0) process.exitCode = 1;
  }
}

const startedAt = performance.now();
const all: Rounds = { left: Number(values.rounds), nextSeed: Number(values.seed), done: 0, promised: 0 };
await Promise.all(Array.from({ length: Number(values.groups) }, () => playGroup(all)));
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(`kill: ${all.done} rounds, ${all.promised} messages promised, ${seconds} s`);
