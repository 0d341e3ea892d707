// Diff: two texts line by line, as the shortest way from one to the other by the longest common
// subsequence. Pure. Bounded: over `cellsMax` cells of its table the whole middle counts as replaced,
// which is still true.

/** One line: kept, added or taken out. */
export interface DiffLine {
  readonly kind: 'same' | 'add' | 'cut' | 'gap';
  readonly text: string;
}

const cellsMax = 4_000_000;

/** All lines of both, in order. */
export function diffOf(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return [
    ...before.slice(0, start).map(same),
    ...middleOf(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

/** Only what changed, with a few lines around it; longer stretches become gaps. */
export function shortDiff(lines: readonly DiffLine[], around = 2): readonly DiffLine[] {
  const near = new Set(
    lines.flatMap(({ kind }, at) =>
      kind === 'same' ? [] : Array.from({ length: 2 * around + 1 }, (_, step) => at - around + step),
    ),
  );
  return lines.flatMap((line, at) => {
    if (near.has(at)) return [line];
    return near.has(at - 1) || at === 0 ? [{ kind: 'gap' as const, text: '⋯' }] : [];
  });
}

function middleOf(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const cut = (text: string): DiffLine => ({ kind: 'cut', text });
  const add = (text: string): DiffLine => ({ kind: 'add', text });
  const width = after.length + 1;
  if ((before.length + 1) * width > cellsMax) return [...before.map(cut), ...after.map(add)];
  const table = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => table[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const isSame = before[row] === after[column];
      const longest = isSame ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      table[row * width + column] = longest;
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [old, fresh] = [before[row], after[column]];
    if (old !== undefined && old === fresh) {
      lines.push({ kind: 'same', text: old });
      row++;
      column++;
    } else if (old !== undefined && (fresh === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(cut(old));
      row++;
    } else if (fresh !== undefined) {
      lines.push(add(fresh));
      column++;
    }
  }
  return lines;
}
