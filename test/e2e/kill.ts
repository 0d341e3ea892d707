// `npm run kill -- --rounds N [--seed S] [--groups G]`: kills edge processes N times at random moments, G of them beside
// each other (default 1), and tells what was lost, doubled or reordered. Exit code 1 if anything was.
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

let left = Number(values.rounds);
let nextSeed = Number(values.seed);
let done = 0;
let promisedInAll = 0;

/** Plays worlds one after the other until all rounds are taken. */
async function playGroup(): Promise<void> {
  while (left > 0) {
    const seed = nextSeed++;
    const rounds = Math.min(left, perWorld);
    left -= rounds;
    const { lost, doubled, reordered, errors, promised, repeats } = await playKillRounds({ rounds, seed });
    done += rounds;
    promisedInAll += promised;
    console.log(
      `seed ${seed}: ${rounds} kills, ${promised} promised, ${lost.length} lost, ${doubled.length} doubled at QoS 2, ` +
        `${reordered.length} reordered, ${repeats} repeated at QoS 1, ${errors.length} refused`,
    );
    const bad = [...lost, ...doubled, ...reordered, ...errors];
    for (const one of bad.slice(0, 10)) console.log(`  ${one}`);
    if (bad.length > 0) process.exitCode = 1;
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: Number(values.groups) }, playGroup));
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(`kill: ${done} rounds, ${promisedInAll} messages promised, ${seconds} s`);
