// `npm run fuzz -- --seconds N [--from S] [--seed S]`: plays arbitrary cases for so long, beginning anywhere or with
// the one of seed S, or only that one. The first seed is printed; every find is made small, stored in
// `fixtures/corpus/` and printed with its seed. Exit code 1 if any.
import { parseArgs } from 'node:util';
import { arbitraryCase } from './arbitrary-case.ts';
import { minimise } from './minimise.ts';
import { runCase } from './run-case.ts';
import { readSeeds, storeCase } from './seeds.ts';

const findsMax = 5;
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, from: { type: 'string' }, seed: { type: 'string' } },
});
const seeds = readSeeds();
const begin = values.seed ?? values.from;
const first = begin === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(begin);
const end = performance.now() + (values.seed === undefined ? Number(values.seconds) * 1000 : 0);
console.log(`fuzz: from seed ${first}`);

/** Plays the case of a seed. Returns whether it went wrong. */
async function isFind(seed: number): Promise<boolean> {
  const found = arbitraryCase(seed, seeds);
  const fault = await runCase(found);
  if (fault === undefined) return false;
  console.log(`\nseed ${seed}, ${found.target}: ${fault}`);
  const small = await minimise(found, async (smaller) => (await runCase(smaller)) !== undefined);
  const after = await runCase(small);
  console.log(`stored as ${storeCase(seed, { name: after ?? fault, case: small })}`);
  return true;
}

async function main(): Promise<number> {
  let finds = 0;
  let seed = first;
  do {
    if (await isFind(seed)) finds++;
    seed++;
  } while (performance.now() < end && finds < findsMax);
  console.log(`fuzz: ${seed - first} cases, ${finds} went wrong`);
  return finds === 0 ? 0 : 1;
}

process.exit(await main());
