// `npm run sim -- --seeds N [--from S]` plays the stories of so many seeds; `--seed S` plays one and tells everything
// that happened in it; `--stored` plays those of fixtures/seeds.json; `--twice` compares two plays of each; `--first`
// stops at the first failure; `--durability synced` gives brokers a journal, so that crashes cost nothing. A failure
// prints seed, commit and, but with `--fast`, the shortest list of events that still fails. Exit code 1 if any fails.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fixtureJson } from '../kit/fixtures.ts';
import { shrinkStory } from './shrink.ts';
import { SimWorld } from './sim-world.ts';
import { describeEvent, storyOf } from './story.ts';

const failuresMax = 3;
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    fast: { type: 'boolean', default: false },
    stored: { type: 'boolean', default: false },
    twice: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    durability: { type: 'string', default: 'memory' },
  },
});

/** What brokers and bridges promise over a crash. */
const durability = values.durability === 'synced' ? 'synced' : 'memory';

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Plays one seed. Returns whether it failed. */
async function failsWith(seed: number, isTold: boolean): Promise<boolean> {
  const story = storyOf(seed, durability);
  const outcome = await new SimWorld(story).play();
  if (isTold) {
    console.log(JSON.stringify(story.plan, undefined, 1));
    for (const note of outcome.notes) console.log(note);
    console.log(`${outcome.published} messages published, ${outcome.received} received`);
  }
  if (
    values.twice &&
    JSON.stringify(await new SimWorld(storyOf(seed, durability)).play()) !== JSON.stringify(outcome)
  ) {
    console.log(`seed ${seed} is not the same when it is played again`);
    return true;
  }
  if (outcome.faults.length === 0) return false;
  console.log(`\nseed ${seed} at commit ${commit()} fails:`);
  for (const fault of outcome.faults) console.log(`  ${fault}`);
  if (values.fast) return true;
  const short = await shrinkStory(story);
  console.log(`${short.events.length} of ${story.events.length} events are enough:`);
  for (const event of short.events) console.log(`  ${describeEvent(event)}`);
  for (const fault of (await new SimWorld(short).play()).faults) console.log(`  => ${fault}`);
  return true;
}

/** A seed that once failed, and what went wrong, as a sentence that is true now. */
interface StoredSeed {
  readonly seed: number;
  readonly name: string;
}

function seedsToPlay(): readonly number[] {
  if (values.seed !== undefined) return [Number(values.seed)];
  if (values.stored) return fixtureJson<StoredSeed[]>('seeds.json').map(({ seed }) => seed);
  return Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.from) + index);
}

async function main(): Promise<number> {
  const startedAt = performance.now();
  let played = 0;
  let failures = 0;
  for (const seed of seedsToPlay()) {
    if (await failsWith(seed, values.seed !== undefined)) failures++;
    played++;
    if (failures === (values.first ? 1 : failuresMax)) break;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`sim: ${played} stories of an hour in ${seconds.toFixed(1)} s, ${failures} failed`);
  return failures === 0 ? 0 : 1;
}

process.on('unhandledRejection', (reason) => {
  console.log(`thrown where nobody waits: ${reason instanceof Error ? reason.stack : reason}`);
  process.exit(1);
});
process.exit(await main());
