// MessagesApi: publish, retained messages, subscriptions, and the tap: a page sees messages as they pass. Publishing
// and tapping are for operators: both reach what devices say to each other.
// Bounded: a batch by `batchMax`, lists by their pages, the tap by what its receiver reads.
import * as v from 'valibot';
import { type Endpoint, endpoint } from './endpoint.ts';
import { eventAnswer, eventText } from './event-stream.ts';
import { HttpRefusal } from './http-refusal.ts';
import { flagParameter, onePage, pageOf, pageQuery } from './pages.ts';

const batchMax = 1000;
const text = v.pipe(v.string(), v.maxLength(65_535));
const part = v.optional(v.pipe(v.string(), v.maxLength(65_535)), '');
const qos = v.picklist([0, 1, 2], 'expected 0, 1 or 2');
const publishRequest = v.strictObject({
  topic: text,
  payload: v.optional(v.string()),
  encoding: v.optional(v.picklist(['text', 'base64'])),
  qos: v.optional(qos),
  retain: v.optional(v.boolean()),
  expiryS: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))),
  contentType: v.optional(text),
  responseTopic: v.optional(text),
  correlationData: v.optional(text),
  isPayloadText: v.optional(v.boolean()),
  userProperties: v.optional(v.array(v.tuple([text, text]))),
});
const publishReply = v.strictObject({ topic: v.string(), reasonCode: v.number(), reason: v.string() });
const payload = v.strictObject({ encoding: v.string(), data: v.string(), isCut: v.boolean() });
const retained = v.looseObject({ topic: v.string(), qos, size: v.number(), payload });

/** Present and defined: what a schema left undefined is left out. */
type Given<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

function given<Value extends object>(value: Value): Given<Value> {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as Given<Value>; // as: exactly the keys that were left
}

const publishing: readonly Endpoint[] = [
  endpoint(
    {
      method: 'POST',
      path: '/publish',
      role: 'operator',
      summary: 'Publish a message',
      body: publishRequest,
      reply: publishReply,
    },
    ({ management, body }) => management.messages.publish(given(body)),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/publish/batch',
      role: 'operator',
      summary: 'Publish several messages, in their order',
      body: v.pipe(v.array(publishRequest), v.maxLength(batchMax, `expected at most ${batchMax} messages`)),
      reply: v.array(publishReply),
    },
    ({ management, body }) => Promise.all(body.map((one) => management.messages.publish(given(one)))),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/tap',
      role: 'operator',
      summary: 'Server-sent events `message`: what is published under a filter, retained messages first',
      produces: 'events',
      query: v.strictObject({ filter: text, qos: v.optional(v.picklist(['0', '1', '2']), '0') }),
    },
    ({ management, query, principal, sessions }) => {
      const isAllowed = (): boolean => principal?.sessionId === undefined || sessions.isOpen(principal.sessionId);
      const tap = management.messages.tap(query.filter, query.qos === '0' ? 0 : query.qos === '1' ? 1 : 2);
      return eventAnswer((stream) =>
        tap((message) => {
          if (isAllowed()) stream.send(eventText('message', message));
          else stream.end();
        }),
      );
    },
  ),
];

const keeping: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/retained',
      role: 'viewer',
      summary: 'Retained messages, their payloads cut at 1 KB',
      query: v.strictObject({ ...pageQuery, filter: v.optional(text, '#') }),
      reply: pageOf(retained),
    },
    ({ management, query }) => onePage(management.messages.retained(query.filter), query),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/retained/message',
      role: 'viewer',
      summary: 'One retained message, whole',
      query: v.strictObject({ topic: text }),
      reply: retained,
    },
    ({ management, query }) => management.messages.retainedMessage(query.topic) ?? missing(query.topic),
  ),
  endpoint(
    {
      method: 'DELETE',
      path: '/retained/message',
      role: 'operator',
      summary: 'Remove a retained message, as an empty one does',
      status: 204,
      query: v.strictObject({ topic: text }),
    },
    async ({ management, query: { topic } }) => {
      if (management.messages.retainedMessage(topic) === undefined) missing(topic);
      await management.messages.publish({ topic, retain: true });
    },
  ),
];

const subscribing: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/subscriptions',
      role: 'viewer',
      summary: 'Who subscribes to what',
      query: v.strictObject({ ...pageQuery, clientid: part, topic: part, shared: flagParameter }),
      reply: pageOf(v.looseObject({ clientId: v.string(), filter: v.string(), qos })),
    },
    ({ management, query: { clientid, topic, shared, ...page } }) =>
      onePage(
        management.subscriptions.list(),
        page,
        (one) =>
          one.clientId.includes(clientid) &&
          one.filter.includes(topic) &&
          (shared === undefined || one.filter.startsWith('$share/') === shared),
      ),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/topics',
      role: 'viewer',
      summary: 'One level of the tree of all subscriptions',
      query: v.strictObject({ under: part }),
      reply: v.strictObject({
        under: v.string(),
        levels: v.array(v.looseObject({ level: v.string(), path: v.string(), subscriptionsBelow: v.number() })),
        leftOut: v.number(),
      }),
    },
    ({ management, query }) => management.subscriptions.tree(query.under),
  ),
];

/** The endpoints. */
export const messagesApi: readonly Endpoint[] = [...publishing, ...keeping, ...subscribing];

function missing(topic: string): never {
  throw new HttpRefusal('NOT_FOUND', `there is no retained message of ${topic}`, 'topic');
}
