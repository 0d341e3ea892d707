// `npm run kill -- --rounds N [--seed S]`: kills an edge process N times at random moments, and tells what was lost,
// doubled or reordered.
import { parseArgs } from 'node:util';
import { playKillRounds } from '../kit/kill-rounds.ts';

const perWorld = 50;

async function run(): Promise<void> {
  const options = { rounds: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } } as const;
  const { values } = parseArgs({ options });
  let left = Number(values.rounds);
  for (let seed = Number(values.seed); left > 0; seed++) {
    const rounds = Math.min(left, perWorld);
    const { lost, doubled, reordered, promised, repeats } = await playKillRounds({ rounds, seed });
    left -= rounds;
    console.log(
      `seed ${seed}: ${rounds} kills, ${promised} promised, ${lost.length} lost, ${doubled.length} doubled at QoS 2, ` +
        `${reordered.length} reordered, ${repeats} repeated at QoS 1`,
    );
    const bad = [...lost, ...doubled, ...reordered];
    for (const one of bad.slice(0, 10)) console.log(`  ${one}`);
    if (bad.length > 0) process.exitCode = 1;
  }
}

await run();
