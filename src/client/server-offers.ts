// ServerOffers: what a server said in CONNACK that it does not serve. A client that asks for it all the same breaks the
// protocol and loses its connection, so the application hears of it before anything is sent. Pure; without a
// connection nothing is known, and the server answers for itself.
import type { ServerFeatures } from '../../protocol/connection/limits.ts';
import { parseFilter } from '../../protocol/topic/topic-filter.ts';

/** Why the server does not serve a filter; undefined if it does, or if nothing is known. */
export function offerFault(
  server: ServerFeatures | undefined,
  filter: string,
  hasIdentifier: boolean,
): string | undefined {
  if (hasIdentifier && server?.isSubscriptionIdentifierAvailable === false) {
    return 'the server has no subscription identifiers';
  }
  const { filter: matched, shareName } = parseFilter(filter);
  if (server?.isSharedAvailable === false && shareName !== '') return 'the server has no shared subscriptions';
  return server?.isWildcardAvailable === false && /[+#]/.test(matched) ? 'the server takes no wildcards' : undefined;
}
