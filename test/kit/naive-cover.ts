// NaiveCover: which of some filters are enough, slowly: each is compared with every other. The cover that stands in a
// tree must find the same set. Filters that match the same topics stand for each other: the one that is named first in
// the order of their texts remains.
import { filterCovers } from '../../protocol/topic/filter-relations.ts';

/** The filters that no other one covers. */
export function naiveCover(filters: readonly string[]): readonly string[] {
  const all = [...new Set(filters)].sort();
  return all.filter(
    (filter, place) =>
      !all.some((other, otherPlace) => {
        if (other === filter || !filterCovers(other, filter)) return false;
        return !filterCovers(filter, other) || otherPlace < place;
      }),
  );
}
