// Statistics: medians, which single bad runs do not move, and numbers as people read them.
// Ratios are medians of the ratios within one round, so that what else the machine does hits both sides.
// Bounded by the runs.

/** The median; NaN of nothing. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The median of the ratios of values with the same place. */
export function ratioOf(numbers: readonly number[], others: readonly number[]): number {
  const count = Math.min(numbers.length, others.length);
  return medianOf(numbers.slice(0, count).map((one, index) => one / (others[index] ?? Number.NaN)));
}

/** Three significant digits, without an exponent. */
export function shown(number: number): string {
  if (!Number.isFinite(number)) return '–';
  if (Math.abs(number) >= 100) return number.toFixed(0);
  return Number(number.toPrecision(3)).toString();
}
