// Minimise: a smaller case that still goes wrong. First steps are left out, in halves, quarters and so on, then bytes
// of each step, then what is left is sent in one chunk. Bounded by `runsMax` attempts.
import { type FuzzCase, isConversation, type Step } from './fuzz-case.ts';

const runsMax = 600;

/** The smallest case found that still fails; `fails` plays one. */
export async function minimise(one: FuzzCase, fails: (smaller: FuzzCase) => Promise<boolean>): Promise<FuzzCase> {
  let runs = 0;
  const tried = async (smaller: FuzzCase): Promise<boolean> => ++runs <= runsMax && (await fails(smaller));
  if (!isConversation(one)) {
    const text = await fewer([...one.text], async (letters) => tried({ ...one, text: letters.join('') }));
    return { ...one, text: text.join('') };
  }
  let steps = await fewer(one.steps, (left) => tried({ ...one, steps: left }));
  for (const [index, step] of steps.entries()) {
    if (step.do !== 'send') continue;
    const withStep = (other: Step): readonly Step[] => steps.map((kept, place) => (place === index ? other : kept));
    const bytes = step.hex.match(/../g) ?? [];
    const left = await fewer(bytes, (some) => tried({ ...one, steps: withStep({ ...step, hex: some.join('') }) }));
    steps = withStep({ ...step, hex: left.join('') });
    const whole = withStep({ ...step, hex: left.join(''), chunk: 65_536 });
    if (step.chunk < 65_536 && (await tried({ ...one, steps: whole }))) steps = whole;
  }
  return { ...one, steps };
}

/** As few items, in their order, as still fail: delta debugging by complements. */
export async function fewer<Item>(
  items: readonly Item[],
  fails: (left: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let left = items;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const without = [...left.slice(0, from), ...left.slice(from + size)];
      if (await fails(without)) left = without;
      else from += size;
    }
  }
  return left;
}
