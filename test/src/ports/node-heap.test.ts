// The memory of a process: what nobody refers to any more is gone when it is to be returned.
import t from 'tap';
import { returnMemory } from '../../../src/ports/node-heap.ts';

t.test('memory that nobody refers to is given back when that is asked for', async (t) => {
  const refs = Array.from({ length: 100 }, () => new WeakRef({ text: 'garbage' }));
  // a reference that was just made holds its target until the job ends
  await new Promise((resolve) => setImmediate(resolve));
  const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
  returnMemory(0);
  t.equal(left(), 100, 'a heap that is too large is left alone');
  await new Promise((resolve) => setImmediate(resolve));
  // the runner of tests may have a large one
  returnMemory(Number.POSITIVE_INFINITY);
  t.equal(left(), 0);
});
