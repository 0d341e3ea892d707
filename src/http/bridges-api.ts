// BridgesApi: bridges as objects with the keys of the configuration file. A change is checked as the file would be,
// with the same words, and is kept in the overlay; what runs follows at once. Switching off is a change and is kept;
// pausing is for the moment and is not.
// Bounded: as the configuration is.
import * as v from 'valibot';
import { appliedReply, checkReply, configObject, whoOf } from './config-api.ts';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';
import { eventAnswer, eventText } from './event-stream.ts';
import { HttpRefusal } from './http-refusal.ts';
import { bridgeView } from './overview-api.ts';

const bridgeName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, _ and -'));
const named = v.strictObject({ name: bridgeName, config: configObject });
const text = v.pipe(v.string(), v.maxLength(65_535));
const testReply = v.strictObject({
  isOk: v.boolean(),
  steps: v.array(v.looseObject({ name: v.string(), state: v.picklist(['ok', 'warning', 'failed']) })),
});

type Asked = Pick<Call<unknown, unknown>, 'management' | 'parameters' | 'principal'>;

const reading: readonly Endpoint[] = [
  endpoint(
    { method: 'GET', path: '/bridges', role: 'viewer', summary: 'All bridges', reply: v.array(bridgeView) },
    ({ management }) => management.bridges.list(),
  ),
  endpoint(
    { method: 'GET', path: '/bridges/:name', role: 'viewer', summary: 'One bridge', reply: bridgeView },
    (call) => call.management.bridges.get(known(call)),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/bridges/:name/timeline',
      role: 'viewer',
      summary: 'What happened to a bridge, newest last',
      reply: v.strictObject({
        events: v.array(v.strictObject({ at: v.number(), kind: v.string(), text: v.string() })),
      }),
    },
    (call) => ({ events: call.management.bridges.timeline(known(call)) }),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/bridges/map',
      role: 'viewer',
      summary: 'What rules make of a message; nothing is sent',
      body: v.strictObject({
        topic: text,
        payload: v.optional(text),
        qos: v.optional(v.picklist([0, 1, 2])),
        retain: v.optional(v.boolean()),
        clientId: v.optional(text),
        username: v.optional(text),
        bridge: v.optional(bridgeName),
        config: v.optional(configObject),
      }),
      reply: v.strictObject({ results: v.array(v.looseObject({ bridge: v.string(), index: v.number() })) }),
    },
    ({ management, body }) => {
      const asked = body as Parameters<typeof management.bridges.map>[0]; // as: its config is checked with the rest
      return management.bridges.map(asked);
    },
  ),
];

const changing: readonly Endpoint[] = [
  endpoint(
    {
      method: 'POST',
      path: '/bridges/check',
      role: 'operator',
      summary: 'What a new or changed bridge would do: faults, findings, differences',
      body: named,
      reply: checkReply,
    },
    ({ management, body }) => management.config.check(management.bridges.changesFor(body.name, body.config, true)),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/bridges',
      role: 'admin',
      summary: 'Add a bridge',
      status: 201,
      body: named,
      reply: appliedReply,
    },
    (call) => {
      const { name, config } = call.body;
      if (call.management.bridges.get(name) !== undefined) {
        throw new HttpRefusal('CONFLICT', `there is a bridge ${name} already`, 'name');
      }
      return changed(call, call.management.bridges.changesFor(name, config, true), `bridge ${name} added`);
    },
  ),
  endpoint(
    {
      method: 'PUT',
      path: '/bridges/:name',
      role: 'admin',
      summary: 'Replace a bridge',
      body: configObject,
      reply: appliedReply,
    },
    (call) => {
      const name = known(call);
      return changed(call, call.management.bridges.changesFor(name, call.body, true), `bridge ${name} replaced`);
    },
  ),
  endpoint(
    {
      method: 'PATCH',
      path: '/bridges/:name',
      role: 'admin',
      summary: 'Change keys of a bridge; null removes one',
      body: configObject,
      reply: appliedReply,
    },
    (call) => {
      const name = known(call);
      return changed(call, call.management.bridges.changesFor(name, call.body, false), `bridge ${name} changed`);
    },
  ),
  endpoint(
    { method: 'DELETE', path: '/bridges/:name', role: 'admin', summary: 'Remove a bridge', reply: appliedReply },
    (call) => {
      const name = known(call);
      return changed(call, call.management.bridges.removalOf(name), `bridge ${name} removed`);
    },
  ),
  ...(['enable', 'disable'] as const).map((verb) =>
    endpoint(
      {
        method: 'POST',
        path: `/bridges/:name/${verb}`,
        role: 'operator',
        summary: `Switch a bridge ${verb === 'enable' ? 'on' : 'off'}; kept over a restart`,
        reply: appliedReply,
      },
      (call) => {
        const name = known(call);
        const change = { enable: String(verb === 'enable') };
        return changed(call, call.management.bridges.changesFor(name, change, false), `bridge ${name} ${verb}d`);
      },
    ),
  ),
];

const acting: readonly Endpoint[] = [
  ...(['pause', 'resume'] as const).map((verb) =>
    endpoint(
      {
        method: 'POST',
        path: `/bridges/:name/${verb}`,
        role: 'operator',
        summary: verb === 'pause' ? 'Send nothing for now: messages wait' : 'Send again',
        status: 204,
      },
      (call) => call.management.bridges[verb](known(call)),
    ),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/bridges/test',
      role: 'operator',
      summary: 'Try the way to a remote step by step; as events `step` with accept: text/event-stream',
      body: v.strictObject({ name: v.optional(bridgeName), config: v.optional(configObject) }),
      reply: testReply,
    },
    ({ management, body, request }) => {
      const asked = body as Parameters<typeof management.bridges.test>[0]; // as: its config is checked with the rest
      if (request.headers.accept !== 'text/event-stream') return management.bridges.test(asked);
      return eventAnswer((stream) => {
        const end = (event: string, data: unknown): void => {
          stream.send(eventText(event, data));
          stream.end();
        };
        management.bridges
          .test(asked, (step) => stream.send(eventText('step', step)))
          .then(
            ({ isOk }) => end('done', { isOk }),
            (error: unknown) => end('failed', { message: error instanceof Error ? error.message : String(error) }),
          );
        return () => stream.end();
      });
    },
  ),
];

/** The endpoints. */
export const bridgesApi: readonly Endpoint[] = [...reading, ...changing, ...acting];

/** The name in the path, of a bridge that is there. */
function known({ management, parameters: { name = '' } }: Asked): string {
  if (management.bridges.get(name) === undefined) {
    throw new HttpRefusal('NOT_FOUND', `there is no bridge ${name}`, 'name');
  }
  return name;
}

function changed(call: Asked, changes: unknown, what: string): unknown {
  return call.management.config.apply({ changes, who: whoOf(call), what });
}
