// `npm run sim -- --seeds N [--from S]` plays the stories of so many seeds; `--seed S` plays one and tells everything
// that happened in it; `--stored` plays those of fixtures/seeds.json; `--twice` compares two plays of each; `--first`
// stops at the first failure; `--durability synced` or `written` gives brokers a journal, so that crashes cost nothing;
// `--workers N` shares the seeds among so many processes (default 2, or 1 where one story or the first failure is
// asked for). A failure prints seed, commit and, but with `--fast`, the shortest list of events that still fails. Exit
// code 1 if any fails.
import { execFileSync, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Durability, durabilities } from '../../src/base/durability.ts';
import { fixtureJson } from '../kit/fixtures.ts';
import { shrinkStory } from './shrink.ts';
import { SimWorld } from './sim-world.ts';
import { describeEvent } from './story.ts';
import { storyOf } from './story-draws.ts';

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
    workers: { type: 'string' },
    /** Which share of the seeds a worker has: `1/2` is every second one. */
    share: { type: 'string', default: '0/1' },
  },
});

/** What brokers and bridges promise over a crash. */
const durability = durabilities.find((one) => one === values.durability) ?? 'memory';

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Plays one seed. Returns whether it failed. */
async function failsWith({ seed, durability, isPlain = false }: Played, isTold: boolean): Promise<boolean> {
  const story = storyOf(seed, durability, isPlain);
  const outcome = await new SimWorld(story).play();
  if (isTold) {
    console.log(JSON.stringify(story.plan, undefined, 1));
    for (const note of outcome.notes) console.log(note);
    console.log(`${outcome.published} messages published, ${outcome.received} received`);
  }
  if (
    values.twice &&
    JSON.stringify(await new SimWorld(storyOf(seed, durability, isPlain)).play()) !== JSON.stringify(outcome)
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

/** A story to be played. */
interface Played {
  readonly seed: number;
  readonly durability: Durability;
  /** See `storyOf`. */
  readonly isPlain?: boolean;
}

/** A seed that once failed, and what went wrong, as a sentence that is true now. */
interface StoredSeed {
  readonly seed: number;
  /** What brokers promised; default `memory`. */
  readonly durability?: Durability;
  /** It was found before there was more to be drawn. */
  readonly isPlain?: boolean;
  readonly name: string;
}

function seedsToPlay(): readonly Played[] {
  if (values.seed !== undefined) return [{ seed: Number(values.seed), durability }];
  if (values.stored) {
    return fixtureJson<StoredSeed[]>('seeds.json').map((one) => ({ durability: 'memory', ...one }));
  }
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.from) + index);
  return seeds.map((seed) => ({ seed, durability }));
}

interface Score {
  readonly played: number;
  readonly failures: number;
}

/** Plays this process's share of the seeds. */
async function play(): Promise<Score> {
  const [nth = 0, of = 1] = values.share.split('/').map(Number);
  let played = 0;
  let failures = 0;
  for (const story of seedsToPlay().filter((_, index) => index % of === nth)) {
    if (await failsWith(story, values.seed !== undefined)) failures++;
    played++;
    if (failures === (values.first ? 1 : failuresMax)) break;
  }
  return { played, failures };
}

/** Lets workers play, each its share. One that dies has failed. */
async function share(workers: number): Promise<Score> {
  const scores = Array.from({ length: workers }, (_, nth) => {
    const flags = [...process.argv.slice(2), '--workers', '1', '--share', `${nth}/${workers}`];
    const child = fork(new URL(import.meta.url), flags);
    return new Promise<Score>((resolve) => {
      let score: Score = { played: 0, failures: 1 };
      child.on('message', (message: Score) => {
        score = message;
      });
      child.on('exit', () => resolve(score));
    });
  });
  const all = await Promise.all(scores);
  const sum = (of: keyof Score): number => all.reduce((total, score) => total + score[of], 0);
  return { played: sum('played'), failures: sum('failures') };
}

async function main(): Promise<number> {
  const startedAt = performance.now();
  const isAlone = values.seed !== undefined || values.first || values.twice;
  const workers = isAlone ? 1 : Number(values.workers ?? Math.min(2, availableParallelism()));
  const score = workers > 1 ? await share(workers) : await play();
  const seconds = (performance.now() - startedAt) / 1000;
  if (process.send) process.send(score);
  else console.log(`sim: ${score.played} stories of an hour in ${seconds.toFixed(1)} s, ${score.failures} failed`);
  return score.failures === 0 ? 0 : 1;
}

process.on('unhandledRejection', (reason) => {
  console.log(`thrown where nobody waits: ${reason instanceof Error ? reason.stack : reason}`);
  process.exit(1);
});
process.exit(await main());
