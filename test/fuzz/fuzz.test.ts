// Fuzzing, the bounded share of every test run: all cases that once went wrong, and some hundred arbitrary ones.
// `npm run fuzz -- --seconds N` goes on from there.
import t from 'tap';
import { Chance } from '../kit/chance.ts';
import { arbitraryCase } from './arbitrary-case.ts';
import type { FuzzCase } from './fuzz-case.ts';
import { fewer, minimise } from './minimise.ts';
import { runCase } from './run-case.ts';
import { readCorpus, readSeeds } from './seeds.ts';

t.test('what once went wrong goes right', async (t) => {
  for (const [file, { name, case: one }] of readCorpus()) t.equal(await runCase(one), undefined, `${file}: ${name}`);
});

t.test('whatever comes is taken or ended with a reason, and disturbs no neighbour', async (t) => {
  const seeds = readSeeds();
  for (let seed = 1; seed <= 400; seed++) {
    const fault = await runCase(arbitraryCase(seed, seeds));
    if (fault !== undefined) t.fail(`seed ${seed}: ${fault}`);
  }
  t.pass('400 cases');
});

t.test('a find is made small', async (t) => {
  const noise = Array.from(
    { length: 20 },
    (_, index) => ({ do: 'send', peer: 0, hex: `aabb${index + 10}`, chunk: 1 }) as const,
  );
  const one: FuzzCase = { target: 'broker', version: 5, steps: [...noise, { do: 'cut', peer: 1 }, ...noise] };
  const small = await minimise(one, async (smaller) => JSON.stringify(smaller).includes('15'));
  t.same(small, { ...one, steps: [{ do: 'send', peer: 0, hex: '15', chunk: 65_536 }] });
  const chance = new Chance(1);
  const list = Array.from({ length: 50 }, () => chance.int(0, 9));
  t.same(await fewer(list, async (left) => left.filter((digit) => digit === 3).length >= 2), [3, 3]);
});
