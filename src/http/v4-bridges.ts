// V4Bridges: bridges in the words of `/api/v4`: looked at, replaced, switched, and their subscriptions changed. What is
// changed is kept in the overlay, as by our own API; secrets are not told.
// Bounded: as the configuration is.
import * as v from 'valibot';
import { isFailure, reasonName } from '../../protocol/wire/reason-code.ts';
import { valueAt } from '../config/config-tree.ts';
import { jsonAnswer } from './api-server.ts';
import { whoOf } from './config-api.ts';
import { type Call, type Endpoint, endpoint, PlainAnswer } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import type { Management } from './management.ts';
import { v4BridgeNode } from './v4-bridge-node.ts';
import { illegalSubject, ok } from './v4-words.ts';

const text = v.pipe(v.string(), v.maxLength(65_535));

const rule = v.looseObject({
  remote_topic: text,
  local_topic: v.optional(text),
  qos: v.optional(v.picklist([0, 1, 2])),
  retain_as_published: v.optional(v.union([v.boolean(), v.picklist([0, 1])])),
  retain_handling: v.optional(v.picklist([0, 1, 2])),
});

/** The endpoints. */
export const v4Bridges: readonly Endpoint[] = [
  endpoint({ method: 'GET', path: '/bridges', role: 'viewer', summary: 'Bridges' }, ({ management }) =>
    shown(
      management,
      management.bridges.list().map(({ name }) => nodeOf(management, name)),
    ),
  ),
  endpoint(
    { method: 'GET', path: '/bridges/:name', role: 'viewer', summary: 'One bridge; no nodes where there is none' },
    ({ management, parameters: { name = '' } }) => {
      const node = nodeOf(management, name);
      return shown(management, node === undefined ? [] : [node]);
    },
  ),
  endpoint(
    {
      method: 'PUT',
      path: '/bridges/:name',
      role: 'admin',
      summary: 'Replace a bridge',
      body: v.record(v.string(), v.unknown()),
    },
    async ({ management, body, principal, parameters: { name = '' } }) => {
      if (!Object.hasOwn(body, name)) throw new HttpRefusal('BAD_REQUEST', 'the name in the body is another', 'name');
      if (management.bridges.get(name) === undefined) {
        return new PlainAnswer(jsonAnswer(404, { code: illegalSubject, message: `there is no bridge ${name}` }));
      }
      const changes = management.bridges.changesFor(name, body[name], true);
      await management.config.apply({ changes, who: whoOf({ principal }), what: `bridge ${name} replaced` });
      return ok({});
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: '/bridges/switch/:name',
      role: 'operator',
      summary: 'Switch a bridge on or off',
      body: v.looseObject({ data: v.looseObject({ bridge_switch: v.boolean() }) }),
    },
    async ({ management, body, principal, parameters: { name = '' } }) => {
      if (management.bridges.get(name) === undefined) return new PlainAnswer({ status: 204, headers: {}, body: '' });
      const changes = management.bridges.changesFor(name, { enable: String(body.data.bridge_switch) }, false);
      await management.config.apply({ changes, who: whoOf({ principal }), what: `bridge ${name} switched` });
      return ok({});
    },
  ),
  ...(['POST', 'PUT'] as const).flatMap((method) => [subscribing(method), unsubscribing(method)]),
];

/** Rules are added to those of the bridge; the connection stays. */
function subscribing(method: 'POST' | 'PUT'): Endpoint {
  const facts = {
    method,
    path: '/bridges/sub/:name',
    role: 'admin',
    summary: 'Add subscriptions to a bridge',
  } as const;
  const body = v.looseObject({ data: v.looseObject({ subscription: v.array(rule) }) });
  return endpoint({ ...facts, body }, async (call) => {
    const added = call.body.data.subscription.map(({ remote_topic, local_topic, qos, retain_handling, ...more }) => ({
      remote_topic,
      local_topic: local_topic ?? '',
      ...(qos === undefined ? {} : { qos }),
      ...(retain_handling === undefined ? {} : { retain_handling }),
      retain_as_published: more.retain_as_published !== false && more.retain_as_published !== 0,
    }));
    const filters = added.map(({ remote_topic }) => remote_topic);
    return change(call, [...rulesOf(call), ...added], { verb: 'subscribed', filters });
  });
}

/** Rules of these remote topics are removed; those that are not there are not missed. */
function unsubscribing(method: 'POST' | 'PUT'): Endpoint {
  const facts = { method, path: '/bridges/unsub/:name', role: 'admin', summary: 'Remove subscriptions of a bridge' };
  const body = v.looseObject({
    data: v.looseObject({ unsubscription: v.array(v.looseObject({ topic: text })) }),
  });
  return endpoint({ ...facts, role: 'admin', method, body }, async (call) => {
    const gone = new Set(call.body.data.unsubscription.map(({ topic }) => topic));
    const rules = rulesOf(call);
    const left = rules.filter((one) => !gone.has(topicOf(one)));
    const filters = [...new Set(rules.map(topicOf))].filter((topic) => gone.has(topic));
    return change(call, left, { verb: 'unsubscribed', filters });
  });
}

type Asked = Pick<Call<unknown, unknown>, 'management' | 'parameters' | 'principal'>;

function rulesOf({ management, parameters: { name = '' } }: Asked): readonly unknown[] {
  const bridge = management.bridges.get(name);
  if (bridge === undefined) throw new HttpRefusal('NOT_FOUND', `there is no bridge ${name}`, 'name');
  const { subscription } = bridge.config;
  return Array.isArray(subscription) ? subscription : [];
}

function topicOf(one: unknown): string {
  return typeof one === 'object' && one !== null && 'remote_topic' in one ? String(one.remote_topic) : '';
}

/** A change of rules, and the filters that the remote is asked about for it. */
interface Asking {
  readonly verb: 'subscribed' | 'unsubscribed';
  readonly filters: readonly string[];
}

/** How long the remote may take to answer, in ms. */
const answerMsMax = 5000;

/**
 * Changes the rules and waits for what the remote says to that, as `data` tells of each filter. What it refuses stays
 * in the configuration and is asked for again: the code is 108 then.
 */
async function change(call: Asked, subscription: readonly unknown[], { verb, filters }: Asking): Promise<object> {
  const { name = '' } = call.parameters;
  const { bridges, config } = call.management;
  const watch = bridges.watchAnswers(name);
  try {
    const changes = bridges.changesFor(name, { subscription }, false);
    await config.apply({ changes, who: whoOf(call), what: `bridge ${name} ${verb}` });
    await watch?.until(filters, answerMsMax);
    const data = filters.map((topic) => {
      const reasonCode = watch?.of(topic);
      if (watch === undefined) return { topic, result: 'not connected: the remote is asked once it is' };
      if (reasonCode === undefined) return { topic, result: `no answer within ${answerMsMax / 1000} s` };
      return { topic, reason_code: reasonCode, result: reasonName(reasonCode) };
    });
    const refused = data.filter(({ reason_code = 0 }) => isFailure(reason_code)).map(({ topic }) => topic);
    if (refused.length === 0) return ok({ data });
    return { code: 108, message: `the remote refused ${refused.join(', ')}`, data };
  } finally {
    watch?.close();
  }
}

/** Nodes, and whether what waits outlives the process, which is the matter of `sqlite` there. */
function shown({ config }: Management, nodes: readonly unknown[]): object {
  const { data, bridges } = config.show().config;
  const isStored = valueAt(data, ['dir']) !== undefined || valueAt(bridges, ['mqtt', 'cache']) !== undefined;
  return ok({ data: { bridge: { nodes, sqlite: { enable: isStored } } } });
}

function nodeOf(management: Management, name: string): object | undefined {
  const bridge = management.bridges.get(name);
  return bridge && v4BridgeNode(name, bridge);
}
