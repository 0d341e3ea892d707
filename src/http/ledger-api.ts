// LedgerApi: what became of single messages of a bridge, found by
// topic and time.
// Bounded: the ledger by its size, answers by their pages.
import * as v from 'valibot';
import { filterMatches, topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import type { LedgerEntryView } from './api-ledger-types.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import { onePage, pageOf, pageQuery, wholeParameter } from './pages.ts';

const outcome = v.picklist(['queued', 'sent', 'delivered', 'dropped'], 'expected queued, sent, delivered or dropped');
const latest = 999_999_999_999_999;
const filter = v.pipe(
  v.optional(v.pipe(v.string(), v.maxLength(65_535)), '#'),
  v.check((text) => topicFilterFault(text) === undefined, 'expected a topic filter'),
);

/** The endpoints. */
export const ledgerApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/ledger',
      role: 'operator',
      summary: 'What became of the latest messages of a bridge, newest first',
      query: v.strictObject({
        ...pageQuery,
        topic: filter,
        outcome: v.optional(outcome),
        from: wholeParameter(0, latest, 0),
        until: wholeParameter(0, latest, latest),
      }),
      reply: pageOf(v.looseObject({ id: v.number(), at: v.number(), topic: v.string(), outcome })),
    },
    ({ management, parameters: { name = '' }, query: { topic, outcome: wanted, from, until, ...page } }) => {
      if (management.bridges.get(name) === undefined) {
        throw new HttpRefusal('NOT_FOUND', `there is no bridge ${name}`, 'name');
      }
      const entries = management.bridges.ledger(name);
      if (entries === undefined) {
        throw new HttpRefusal('CONFLICT', `the bridge keeps no ledger: set bridges.mqtt.${name}.ledger`, 'name');
      }
      const isWanted = (one: LedgerEntryView): boolean =>
        one.at >= from &&
        one.at <= until &&
        (wanted === undefined || one.outcome === wanted) &&
        (topic === '#' || isUnder(topic, one.topic) || isUnder(topic, one.remoteTopic));
      return onePage(entries, page, isWanted);
    },
  ),
];

function isUnder(filterText: string, topic: string): boolean {
  return topic !== '' && filterMatches(filterText, topic);
}
