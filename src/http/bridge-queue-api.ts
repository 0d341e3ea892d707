// BridgeQueueApi: what waits at a bridge, page by page, and single messages taken out of it. Looking disturbs nothing;
// what is underway to the remote can be looked at and not taken. Payloads are for operators, as those of the tap are.
// Bounded: a page a request.
import * as v from 'valibot';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';
import { wholeParameter } from './pages.ts';

const qos = v.picklist([0, 1, 2]);
const sequenceMax = Number.MAX_SAFE_INTEGER;

/** What is told of a payload and of properties. */
export const messageDetails: {
  readonly payload: v.GenericSchema;
  readonly contentType: v.GenericSchema;
  readonly responseTopic: v.GenericSchema;
  readonly userProperties: v.GenericSchema;
} = {
  payload: v.strictObject({ encoding: v.picklist(['text', 'base64']), data: v.string(), isCut: v.boolean() }),
  contentType: v.optional(v.string()),
  responseTopic: v.optional(v.string()),
  userProperties: v.optional(v.array(v.tuple([v.string(), v.string()]))),
};

const queued = {
  sequence: v.number(),
  topic: v.string(),
  rule: v.string(),
  qos,
  retain: v.boolean(),
  size: v.number(),
  ageMs: v.number(),
  isUnderway: v.boolean(),
  expiresAt: v.optional(v.number()),
};

/** The endpoints. */
export const bridgeQueueApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/queue',
      role: 'viewer',
      summary: 'What waits for the remote, oldest first; looking disturbs nothing',
      query: v.strictObject({
        from: wholeParameter(1, sequenceMax, 1),
        limit: wholeParameter(1, 1000, 50),
        topic: v.optional(v.pipe(v.string(), v.maxLength(65_535)), ''),
      }),
      reply: v.strictObject({
        messages: v.array(v.strictObject(queued)),
        next: v.optional(v.number()),
        depth: v.number(),
        bytes: v.number(),
      }),
    },
    (call) => call.management.delivery.queue(nameOf(call), call.query),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/queue/:sequence',
      role: 'operator',
      summary: 'One message that waits, whole',
      reply: v.strictObject({ ...queued, ...messageDetails }),
    },
    (call) => call.management.delivery.queued(nameOf(call), numberOf(call, 'sequence')),
  ),
  endpoint(
    {
      method: 'DELETE',
      path: '/bridges/:name/queue/:sequence',
      role: 'operator',
      summary: 'Drop a message that waits; 409 for one that is underway',
      status: 204,
    },
    (call) => call.management.delivery.dropQueued(nameOf(call), numberOf(call, 'sequence')),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/bridges/:name/queue/:sequence/set-aside',
      role: 'operator',
      summary: 'Move a message that waits to the dead letters; 409 for one that is underway',
      reply: v.strictObject({ id: v.number() }),
    },
    (call) => call.management.delivery.setAside(nameOf(call), numberOf(call, 'sequence')),
  ),
];

type Asked = Pick<Call<unknown, unknown>, 'parameters'>;

/** The name of the bridge in the path; the management refuses one that is not there. */
export function nameOf({ parameters: { name = '' } }: Asked): string {
  return name;
}

/** A number in the path; 0, which nothing has, for what is none. */
export function numberOf({ parameters }: Asked, name: string): number {
  const text = parameters[name] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
