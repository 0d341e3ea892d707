// RulesApi: the rules of a bridge one by one, by their list and their place in it, from 0. A change is one of the
// configuration, checked and kept as every other; connection and queue stay.
// Bounded: as the configuration is.
import * as v from 'valibot';
import type { BridgeReply, ConfigObject, ConfigValue, RulesReply, RuleView } from './api-config-types.ts';
import { appliedReply, configObject, whoOf } from './config-api.ts';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';

type Asked = Pick<Call<unknown, unknown>, 'management' | 'parameters' | 'principal'>;
type List = 'forwards' | 'subscription';

const rule = v.strictObject({
  place: v.number(),
  isEnabled: v.boolean(),
  config: configObject,
  status: v.optional(v.looseObject({ received: v.number(), delivered: v.number() })),
});

/** The endpoints. */
export const rulesApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/rules',
      role: 'viewer',
      summary: 'The rules of a bridge, with their accounts',
      reply: v.strictObject({ forwards: v.array(rule), subscription: v.array(rule) }),
    },
    (call): RulesReply => {
      const { config, status } = bridgeOf(call);
      return {
        forwards: viewsOf(rulesIn(config, 'forwards'), status?.forwards ?? []),
        subscription: viewsOf(rulesIn(config, 'subscription'), status?.subscriptions ?? []),
      };
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: '/bridges/:name/rules/:list',
      role: 'admin',
      summary: 'Add a rule at the end of forwards or subscription',
      status: 201,
      body: configObject,
      reply: appliedReply,
    },
    (call) => changed(call, [...rulesIn(bridgeOf(call).config, listOf(call)), call.body], 'added'),
  ),
  endpoint(
    {
      method: 'PUT',
      path: '/bridges/:name/rules/:list/:place',
      role: 'admin',
      summary: 'Replace a rule',
      body: configObject,
      reply: appliedReply,
    },
    (call) => {
      const { rules, place } = chosen(call);
      return changed(
        call,
        rules.map((one, at) => (at === place ? call.body : one)),
        `${place} replaced`,
      );
    },
  ),
  endpoint(
    {
      method: 'DELETE',
      path: '/bridges/:name/rules/:list/:place',
      role: 'admin',
      summary: 'Remove a rule; those after it move up',
      reply: appliedReply,
    },
    (call) => {
      const { rules, place } = chosen(call);
      return changed(call, rules.toSpliced(place, 1), `${place} removed`);
    },
  ),
];

function bridgeOf({ management, parameters: { name = '' } }: Asked): BridgeReply {
  const bridge = management.bridges.get(name);
  if (bridge === undefined) throw new HttpRefusal('NOT_FOUND', `there is no bridge ${name}`, 'name');
  return bridge;
}

function listOf({ parameters: { list } }: Asked): List {
  if (list === 'forwards' || list === 'subscription') return list;
  throw new HttpRefusal('NOT_FOUND', 'expected forwards or subscription', 'list');
}

function rulesIn(config: BridgeReply['config'], list: List): readonly ConfigObject[] {
  const rules = config[list];
  return Array.isArray(rules) ? rules.filter(isObject) : [];
}

function isObject(value: ConfigValue): value is ConfigObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function chosen(call: Asked): { readonly rules: readonly ConfigObject[]; readonly place: number } {
  const rules = rulesIn(bridgeOf(call).config, listOf(call));
  const { place = '' } = call.parameters;
  const number = /^\d{1,6}$/.test(place) ? Number(place) : rules.length;
  if (number >= rules.length) throw new HttpRefusal('NOT_FOUND', `there is no rule ${place}`, 'place');
  return { rules, place: number };
}

/** Rules that are switched off have no account. */
function viewsOf(rules: readonly ConfigObject[], statuses: readonly NonNullable<RuleView['status']>[]): RuleView[] {
  let seen = 0;
  return rules.map((config, place) => {
    const isEnabled = !('enable' in config) || !/^(?:false|0|off|no)$/i.test(String(config.enable));
    const status = isEnabled ? statuses[seen++] : undefined;
    return { place, isEnabled, config, ...(status === undefined ? {} : { status }) };
  });
}

function changed(call: Asked, rules: readonly unknown[], what: string): unknown {
  const { name = '' } = call.parameters;
  const list = listOf(call);
  const changes = call.management.bridges.changesFor(name, { [list]: rules }, false);
  return call.management.config.apply({ changes, who: whoOf(call), what: `bridge ${name}: ${list} ${what}` });
}
