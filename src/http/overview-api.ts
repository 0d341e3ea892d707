// OverviewApi: the whole at one moment: for the first page of the dashboard, for `viaduct status`, and, without
// login, whether all is well. What a load balancer may know is no more than that. Statuses are open objects here:
// they are the unions of broker and bridges, which grow with them.
import * as v from 'valibot';
import { jsonAnswer } from './api-server.ts';
import { type Endpoint, endpoint, PlainAnswer } from './endpoint.ts';

const rates = v.strictObject({
  received: v.number(),
  sent: v.number(),
  bytesReceived: v.number(),
  bytesSent: v.number(),
  dropped: v.number(),
});

/** A bridge in a list. */
export const bridgeView: v.GenericSchema = v.looseObject({
  name: v.string(),
  mode: v.picklist(['running', 'paused', 'disabled']),
  server: v.string(),
  status: v.optional(v.looseObject({ link: v.looseObject({ state: v.string() }), queueDepth: v.number() })),
  rates: v.strictObject({
    sent: v.number(),
    received: v.number(),
    dropped: v.number(),
    bytesSent: v.number(),
    bytesReceived: v.number(),
  }),
});

/** The endpoints. */
export const overviewApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/status',
      role: 'viewer',
      summary: 'Broker, bridges, listeners and process at this moment',
      reply: v.strictObject({
        version: v.string(),
        hostname: v.string(),
        now: v.strictObject({ wallMs: v.number(), monotonicMs: v.number() }),
        broker: v.looseObject({ state: v.string(), uptimeMs: v.number(), connected: v.number() }),
        rates,
        process: v.looseObject({ pid: v.number(), rssBytes: v.number(), cpu: v.number() }),
        listeners: v.array(v.looseObject({ name: v.string(), port: v.number() })),
        bridges: v.array(bridgeView),
        unconfirmed: v.optional(v.strictObject({ historyId: v.number(), until: v.number() })),
      }),
    },
    ({ management }) => management.status(),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/health',
      role: 'nobody',
      summary: 'Whether all is well; 503 when it is not',
      reply: v.strictObject({
        status: v.picklist(['ok', 'closing']),
        bridges: v.number(),
        bridgesConnected: v.number(),
      }),
    },
    ({ management }) => {
      const health = management.health();
      return new PlainAnswer(jsonAnswer(health.status === 'ok' ? 200 : 503, health));
    },
  ),
  endpoint(
    {
      method: 'GET',
      path: '/certificates',
      role: 'viewer',
      summary: 'Certificates that the configuration names, who uses them, and until when they are valid',
      reply: v.array(v.looseObject({ file: v.string(), usedBy: v.array(v.string()), validTo: v.number() })),
    },
    ({ management }) => management.certificates(),
  ),
];
