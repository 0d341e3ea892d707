// SchemaTransparent: the keys by which a bridge is transparent: what devices subscribe to here is subscribed to at the
// remote. `transparent` has the name of EMQX Edge, those beside it are our own and bound it: without them a device that
// subscribes to `#` would bring in everything that the remote has.
import * as v from 'valibot';
import { topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import type { TransparentConfig } from './bridge-config.ts';
import { checkedText, duration, flag, type Kind, texts, whole } from './schema-values.ts';

/** A filter that no group shares. */
const allowedFilter = checkedText(
  (value) => topicFilterFault(value) ?? (value.startsWith('$') ? 'is about topics of the broker itself' : undefined),
);

/** The keys, with their defaults. */
export const transparentKeys: {
  readonly transparent: v.OptionalSchema<Kind<boolean>, 'false'>;
  readonly transparent_filters: v.OptionalSchema<Kind<readonly string[]>, ['#']>;
  readonly transparent_linger: v.OptionalSchema<Kind<number>, '30s'>;
  readonly transparent_max_filters: v.OptionalSchema<Kind<number>, '1000'>;
} = {
  transparent: v.optional(flag, 'false'),
  transparent_filters: v.optional(texts(allowedFilter), ['#']),
  transparent_linger: v.optional(duration('0s', '1d'), '30s'),
  transparent_max_filters: v.optional(whole(1, 100_000), '1000'),
};

/** What they say. */
export function transparentConfigOf(raw: {
  readonly transparent: boolean;
  readonly transparent_filters: readonly string[];
  readonly transparent_linger: number;
  readonly transparent_max_filters: number;
}): TransparentConfig | undefined {
  const { transparent_filters: allowed, transparent_linger: lingerMs, transparent_max_filters: filtersMax } = raw;
  return raw.transparent ? { allowed, lingerMs, filtersMax } : undefined;
}
