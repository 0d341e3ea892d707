// V4Messages: publishing in the words of `/api/v4`: one topic or several, plain or Base64, with the properties of 5.0.
// Identifiers of subscriptions are the broker's own matter, and are not taken from there.
// Bounded: a batch by `batchMax`, topics of a message by `topicsMax`.
import * as v from 'valibot';
import type { PublishReply } from './api-broker-types.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import type { Management } from './management.ts';
import { ok } from './v4-words.ts';

const batchMax = 1000;
const topicsMax = 100;
const text = v.pipe(v.string(), v.maxLength(65_535));
const encoding = v.optional(v.picklist(['plain', 'base64']), 'plain');

const properties = v.looseObject({
  payload_format_indicator: v.optional(v.picklist([0, 1])),
  message_expiry_interval: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))),
  response_topic: v.optional(text),
  correlation_data: v.optional(text),
  content_type: v.optional(text),
  user_properties: v.optional(v.record(text, text)),
});

const message = v.looseObject({
  topic: v.optional(text),
  topics: v.optional(text),
  clientid: v.optional(text),
  payload: v.optional(v.string(), ''),
  qos: v.optional(v.picklist([0, 1, 2]), 0),
  retain: v.optional(v.union([v.boolean(), v.picklist([0, 1])]), false),
  encoding,
  properties: v.optional(properties, {}),
});

/** The endpoints. */
export const v4Messages: readonly Endpoint[] = [
  endpoint(
    { method: 'POST', path: '/mqtt/publish', role: 'operator', summary: 'Publish', body: message },
    async ({ management, body }) => {
      await publish(management, body);
      return ok({});
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: '/mqtt/publish_batch',
      role: 'operator',
      summary: 'Publish several',
      body: v.pipe(v.array(message), v.maxLength(batchMax)),
    },
    async ({ management, body }) => {
      const told: { topic: string | undefined; code: number }[] = [];
      for (const one of body) {
        const replies = await publish(management, one);
        const isTaken = replies.every(({ reasonCode }) => reasonCode < 0x80);
        told.push({ topic: one.topic ?? one.topics, code: isTaken ? 0 : 108 });
      }
      return ok({ data: told });
    },
  ),
];

async function publish(management: Management, one: v.InferOutput<typeof message>): Promise<readonly PublishReply[]> {
  const topics = one.topic === undefined ? (one.topics ?? '').split(',').filter(Boolean) : [one.topic];
  if (topics.length === 0) throw new HttpRefusal('BAD_REQUEST', 'expected topic or topics', 'topic');
  if (topics.length > topicsMax) {
    throw new HttpRefusal('BAD_REQUEST', `expected at most ${topicsMax} topics`, 'topics');
  }
  const { payload, qos, clientid } = one;
  const shared = {
    ...(clientid === undefined || clientid === '' ? {} : { clientId: clientid }),
    payload,
    qos,
    retain: one.retain === true || one.retain === 1,
    encoding: one.encoding === 'plain' ? ('text' as const) : ('base64' as const),
    ...propertiesOf(one.properties),
  };
  const replies: PublishReply[] = [];
  for (const topic of topics) replies.push(await management.messages.publish({ topic, ...shared }));
  return replies;
}

function propertiesOf(raw: v.InferOutput<typeof properties>) {
  const { payload_format_indicator, message_expiry_interval, response_topic, content_type } = raw;
  const { correlation_data, user_properties } = raw;
  return {
    ...(payload_format_indicator === 1 ? { isPayloadText: true } : {}),
    ...(message_expiry_interval === undefined ? {} : { expiryS: message_expiry_interval }),
    ...(response_topic === undefined ? {} : { responseTopic: response_topic }),
    ...(content_type === undefined ? {} : { contentType: content_type }),
    ...(correlation_data === undefined ? {} : { correlationData: correlation_data }),
    ...(user_properties === undefined ? {} : { userProperties: Object.entries(user_properties) }),
  };
}
