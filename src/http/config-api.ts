// ConfigApi: the configuration: what holds and why, what would change, the change itself, and the way back. Changes
// are checked as the files are at a start, with the same words, before anything is written.
// Bounded: as the configuration is; history by a hundred entries.
import * as v from 'valibot';
import { findingCodes } from '../config/finding.ts';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';

const path = v.looseObject({ path: v.string() });
const finding = v.strictObject({
  code: v.picklist(findingCodes),
  file: v.string(),
  line: v.number(),
  path: v.string(),
  text: v.string(),
});
const unconfirmed = v.strictObject({ historyId: v.number(), until: v.number() });

/** A part of a configuration. */
export const configObject: v.GenericSchema<Record<string, unknown>> = v.record(v.string(), v.unknown());

/** The reply of everything that changes the configuration. */
export const appliedReply: v.GenericSchema = v.strictObject({
  historyId: v.number(),
  diff: v.array(path),
  findings: v.array(finding),
  unconfirmed: v.optional(unconfirmed),
});

/** What a change would do. */
export const checkReply: v.GenericSchema = v.strictObject({
  isValid: v.boolean(),
  faults: v.array(path),
  findings: v.array(finding),
  diff: v.array(path),
});

/** Who asked, for the history. */
export function whoOf({ principal }: Pick<Call<unknown, unknown>, 'principal'>): string {
  return principal?.username ?? '-';
}

/** The endpoints. */
export const configApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/config',
      role: 'viewer',
      summary: 'The configuration that holds, and where each value comes from',
      reply: v.strictObject({
        config: configObject,
        origins: v.record(v.string(), v.strictObject({ kind: v.string(), place: v.string() })),
        files: v.array(v.string()),
        overlayFile: v.string(),
        findings: v.array(finding),
      }),
    },
    ({ management }) => management.config.show(),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/config/check',
      role: 'operator',
      summary: 'What a change would do: faults, findings, differences; nothing is changed',
      body: v.strictObject({ changes: configObject }),
      reply: checkReply,
    },
    ({ management, body }) => management.config.check(body.changes),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/config/apply',
      role: 'admin',
      summary: 'Change the configuration; with confirmWithinS it is taken back unless it is confirmed',
      body: v.strictObject({
        changes: configObject,
        confirmWithinS: v.optional(v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(3600))),
        note: v.optional(v.pipe(v.string(), v.maxLength(200))),
      }),
      reply: appliedReply,
    },
    ({ management, body: { changes, confirmWithinS, note = 'changed' }, principal }) =>
      management.config.apply({
        changes,
        who: whoOf({ principal }),
        what: note,
        ...(confirmWithinS === undefined ? {} : { confirmWithinS }),
      }),
  ),
  endpoint(
    { method: 'POST', path: '/config/confirm', role: 'admin', summary: 'Keep the change that waits', status: 204 },
    ({ management }) => management.config.confirm(),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/config/rollback',
      role: 'admin',
      summary: 'Take back the change that waits, at once',
      reply: appliedReply,
    },
    ({ management, principal }) => management.config.takeBack(whoOf({ principal })),
  ),
  endpoint(
    {
      method: 'GET',
      path: '/config/history',
      role: 'viewer',
      summary: 'Who changed what, and when; newest first',
      reply: v.array(v.looseObject({ id: v.number(), at: v.number(), who: v.string(), what: v.string() })),
    },
    ({ management }) => management.config.history(),
  ),
  endpoint(
    {
      method: 'POST',
      path: '/config/history/:id/rollback',
      role: 'admin',
      summary: 'Go back to what held after a change',
      reply: appliedReply,
    },
    ({ management, parameters, principal }) =>
      management.config.rollback(Number(parameters.id ?? ''), whoOf({ principal })),
  ),
];
