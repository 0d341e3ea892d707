// LiveApi: the live feed, and what it would have said in the last hour: all that is watched rather than asked for.
// Receivers may choose kinds of events, and go on where they were.
// Bounded by `LiveFeed` and `RateSampler`.
import * as v from 'valibot';
import { type Endpoint, endpoint } from './endpoint.ts';
import { eventAnswer } from './event-stream.ts';
import type { LiveFeed } from './live-feed.ts';

const eventId = v.optional(v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'expected the number of an event')));

/** The endpoints. */
export function liveApi(feed: LiveFeed): readonly Endpoint[] {
  return [
    endpoint(
      {
        method: 'GET',
        path: '/live',
        role: 'viewer',
        summary: 'Server-sent events: status each second, bridges, devices, log, configuration',
        produces: 'events',
        query: v.strictObject({ kinds: v.optional(v.pipe(v.string(), v.maxLength(200))), lastEventId: eventId }),
      },
      ({ query, request, principal, sessions }) => {
        feed.checkRoom();
        // a page that opens a new stream cannot set the header
        const told = request.headers['last-event-id'] ?? query.lastEventId ?? '';
        const id = /^\d{1,15}$/.exec(told)?.[0];
        const kinds = query.kinds === undefined ? undefined : new Set(query.kinds.split(','));
        const isAllowed = (): boolean => principal?.sessionId === undefined || sessions.isOpen(principal.sessionId);
        const lastId = id === undefined ? undefined : Number(id);
        return eventAnswer((stream) => feed.listen(stream, { kinds, lastId, isAllowed }));
      },
    ),
    endpoint(
      {
        method: 'GET',
        path: '/metrics/history',
        role: 'viewer',
        summary: 'The last hour in numbers, for charts',
        reply: v.strictObject({
          intervalMs: v.number(),
          at: v.array(v.number()),
          series: v.record(v.string(), v.array(v.number())),
        }),
      },
      ({ management }) => management.metricsHistory(),
    ),
  ];
}
