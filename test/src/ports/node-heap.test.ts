// The memory of a process: what nobody refers to any more is gone when it is to be returned, and the room for young
// objects stays small.
import { getHeapSpaceStatistics } from 'node:v8';
import t from 'tap';
import { keepYoungSmall, returnMemory } from '../../../src/ports/node-heap.ts';

t.test('memory that nobody refers to is given back when that is asked for', async (t) => {
  const refs = Array.from({ length: 100 }, () => new WeakRef({ text: 'garbage' }));
  // a reference that was just made holds its target until the job ends
  await new Promise((resolve) => setImmediate(resolve));
  const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
  t.notOk(returnMemory(0), 'a heap that is too large is left alone');
  // the runner of tests may have a large one
  t.ok(returnMemory(Number.POSITIVE_INFINITY));
  t.equal(left(), 0);
});

/** Bytes of room for young objects. */
function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? Number.NaN;
}

/** Makes objects of which some live on for a while, as connections do. */
function makeObjects(): void {
  const alive: object[] = [];
  for (let count = 0; count < 400_000; count++) alive[count % 20_000] = { first: count, second: [count] };
}

t.test('the room for young objects stays small, whatever is made, once that is asked for', async (t) => {
  t.notOk(keepYoungSmall(['--max-semi-space-size=8']), 'who says something has it their way');
  t.notOk(keepYoungSmall(['--max_semi_space_size=8']));
  makeObjects();
  returnMemory(Number.POSITIVE_INFINITY);
  t.ok(keepYoungSmall([]));
  makeObjects();
  t.ok(youngBytes() <= 4_194_304, `${youngBytes()} bytes, which would be 16 MB`);
});
