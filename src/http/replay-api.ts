// ReplayApi: what a bridge keeps of what it has delivered, and its replay: count, begin, follow, cancel.
// Bounded: a bridge replays one thing at a time.
// Changes are for operators.
import * as v from 'valibot';
import { nameOf } from './bridge-queue-api.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const moment = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const filter = v.pipe(v.string(), v.minLength(1), v.maxLength(1024, 'expected a filter of at most 1024 characters'));
const rate = v.pipe(v.number(), v.minValue(0.01), v.maxValue(1_000_000));
const terms = {
  from: v.optional(moment),
  until: v.optional(moment),
  topic: v.optional(filter),
  rate: v.optional(rate),
};
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

const run = v.strictObject({
  id: v.number(),
  terms: v.strictObject({ ...terms, target: v.string() }),
  state: v.picklist(['running', 'waiting', 'done', 'cancelled']),
  detail: v.optional(v.string()),
  counts: v.strictObject({
    queued: v.number(),
    expired: v.number(),
    unmatched: v.number(),
    refused: v.number(),
    damaged: v.number(),
  }),
  share: v.number(),
  startedAt: v.number(),
  endedAt: v.optional(v.number()),
});

const kept = v.strictObject({
  count: v.number(),
  bytes: v.number(),
  oldestAt: v.optional(v.number()),
  newestAt: v.optional(v.number()),
  forgotten: v.number(),
  unkept: v.number(),
});

/** The endpoints. */
export const replayApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/replay',
      role: 'viewer',
      summary: 'What is kept of delivered messages, and the replay that is underway or was the last',
      reply: v.strictObject({
        isKeeping: v.boolean(),
        ageMsMax: v.number(),
        bytesMax: v.number(),
        kept,
        run: v.optional(run),
      }),
    },
    (call) => call.management.delivery.replay(nameOf(call)),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/bridges/:name/replay',
      role: 'operator',
      summary: 'Deliver kept messages again, to this remote or through another bridge; or only count them',
      body: v.strictObject({ ...terms, target: v.optional(name), isDryRun: v.optional(v.boolean()) }),
      reply: v.strictObject({
        run: v.optional(run),
        preview: v.optional(v.strictObject({ messages: v.number(), bytes: v.number(), damaged: v.number() })),
      }),
    },
    (call) => {
      const { from, until, topic, target, rate: perS, isDryRun } = call.body;
      return call.management.delivery.startReplay(nameOf(call), {
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
        ...(topic === undefined ? {} : { topic }),
        ...(target === undefined ? {} : { target }),
        ...(perS === undefined ? {} : { rate: perS }),
        ...(isDryRun === undefined ? {} : { isDryRun }),
      });
    },
  ),
  endpoint(
    {
      method: 'DELETE',
      path: '/bridges/:name/replay',
      role: 'operator',
      summary: 'Cancel the replay that is underway; 409 when none is',
      status: 204,
    },
    (call) => call.management.delivery.cancelReplay(nameOf(call)),
  ),
];
