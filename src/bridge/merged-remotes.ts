// MergedRemotes: the servers of a bridge as one
// list, out of what each of its lanes knows of
// them. Pure.
import type { RemoteStatus } from './bridge-status.ts';

/** The servers of all lanes, each once: its numbers together, and the rest as the first lane sees it. */
export function mergedRemotes(lanes: readonly (readonly RemoteStatus[])[]): readonly RemoteStatus[] {
  const [first = [], ...others] = lanes;
  return first.map((server, place) => {
    const same = [server, ...others.flatMap((one) => one[place] ?? [])];
    const sum = (count: (one: RemoteStatus) => number): number => same.reduce((all, one) => all + count(one), 0);
    return {
      ...server,
      isCurrent: same.some(({ isCurrent }) => isCurrent),
      tries: sum(({ tries }) => tries),
      connects: sum(({ connects }) => connects),
      failures: sum(({ failures }) => failures),
    };
  });
}
