// DeadLettersApi: what a bridge could not deliver: look, change the topic, queue again, drop.
// Bounded: a page a request.
// Changes are for operators, in single letters or in many of them at once.
import * as v from 'valibot';
import { messageDetails, nameOf, numberOf } from './bridge-queue-api.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { pageOf, pageQuery } from './pages.ts';

const topic = v.pipe(v.string(), v.maxLength(65_535));
const part = v.optional(topic, '');
const letter = {
  id: v.number(),
  at: v.number(),
  reason: v.string(),
  rule: v.string(),
  originalTopic: v.optional(v.string()),
  topic: v.string(),
  qos: v.picklist([0, 1, 2]),
  retain: v.boolean(),
  size: v.number(),
  expiresAt: v.optional(v.number()),
};
const whole = v.strictObject({ ...letter, ...messageDetails });
const id = v.pipe(v.number(), v.integer(), v.minValue(1));
const choice = v.strictObject({
  ids: v.optional(v.pipe(v.array(id), v.maxLength(1000, 'expected at most 1000 ids'))),
  reason: v.optional(v.pipe(v.string(), v.maxLength(256))),
});

/** The endpoints. */
export const deadLettersApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/dead-letters',
      role: 'viewer',
      summary: 'What could not be delivered, oldest first',
      query: v.strictObject({ ...pageQuery, reason: part, topic: part }),
      reply: pageOf(v.strictObject(letter)),
    },
    (call) => call.management.delivery.deadLetters(nameOf(call), call.query),
  ),
  ...(['requeue', 'drop'] as const).map((verb) =>
    endpoint(
      {
        method: 'POST',
        path: `/bridges/:name/dead-letters/${verb}`,
        role: 'operator',
        summary: verb === 'requeue' ? 'Queue dead letters again, behind what waits' : 'Drop dead letters for good',
        body: choice,
        reply: v.strictObject({ done: v.number(), left: v.number() }),
      },
      (call) => {
        const { ids, reason } = call.body;
        const chosen = { ...(ids === undefined ? {} : { ids }), ...(reason === undefined ? {} : { reason }) };
        return call.management.delivery[verb](nameOf(call), chosen);
      },
    ),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/dead-letters/:id',
      role: 'operator',
      summary: 'One dead letter, whole',
      reply: whole,
    },
    (call) => call.management.delivery.deadLetter(nameOf(call), numberOf(call, 'id')),
  ),
  endpoint(
    {
      method: 'PATCH',
      path: '/bridges/:name/dead-letters/:id',
      role: 'operator',
      summary: 'Give a dead letter another topic',
      body: v.strictObject({ topic }),
      reply: whole,
    },
    (call) => call.management.delivery.changeTopic(nameOf(call), numberOf(call, 'id'), call.body.topic),
  ),
];
