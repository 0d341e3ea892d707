// RightsApi: who may use the API (users, keys), who may connect as a device (mqtt-users), and who may what (acl),
// with a tester that names the rule. All of it is for admins; what was done is in the audit log.
// Bounded: users and keys by `WebUsers`, the rest by the configuration.
import * as v from 'valibot';
import type { AuditLog } from './audit-log.ts';
import { appliedReply, whoOf } from './config-api.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import { onePage, pageOf, pageQuery } from './pages.ts';

const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.@-]{1,64}$/, 'expected 1 to 64 letters, digits, _ . @ and -'));
const role = v.picklist(['viewer', 'operator', 'admin'], 'expected viewer, operator or admin');
const password = v.pipe(v.string(), v.minLength(8, 'expected at least 8 characters'), v.maxLength(200));
const userView = v.looseObject({ username: v.string(), role, mustChangePassword: v.boolean() });
const keyView = v.looseObject({ name: v.string(), role, createdAt: v.number() });
const text = v.pipe(v.string(), v.maxLength(65_535));

const people: readonly Endpoint[] = [
  endpoint(
    { method: 'GET', path: '/users', role: 'admin', summary: 'Users of the API', reply: v.array(userView) },
    ({ users }) => users.all,
  ),
  endpoint(
    {
      method: 'POST',
      path: '/users',
      role: 'admin',
      summary: 'Add a user, who must choose a new password at first',
      status: 201,
      body: v.strictObject({ username: name, role, password }),
      reply: userView,
    },
    ({ users, body }) => users.add(body),
  ),
  endpoint(
    {
      method: 'PATCH',
      path: '/users/:name',
      role: 'admin',
      summary: 'Change role or password of a user; sessions of the user end',
      body: v.strictObject({ role: v.optional(role), password: v.optional(password) }),
      reply: userView,
    },
    async ({ users, sessions, body, parameters: { name: username = '' } }) => {
      const { role: wanted, password: secret } = body;
      const patch = {
        ...(wanted === undefined ? {} : { role: wanted }),
        ...(secret === undefined ? {} : { password: secret }),
      };
      const view = await users.patch(username, patch);
      if (secret !== undefined) sessions.closeAllOf(username);
      return view;
    },
  ),
  endpoint(
    { method: 'DELETE', path: '/users/:name', role: 'admin', summary: 'Remove a user', status: 204 },
    async ({ users, sessions, parameters: { name: username = '' } }) => {
      await users.remove(username);
      sessions.closeAllOf(username);
    },
  ),
  endpoint(
    { method: 'GET', path: '/api-keys', role: 'admin', summary: 'Keys of programs', reply: v.array(keyView) },
    ({ users }) => users.keys,
  ),
  endpoint(
    {
      method: 'POST',
      path: '/api-keys',
      role: 'admin',
      summary: 'Make a key; it is told this once',
      status: 201,
      body: v.strictObject({ name, role }),
      reply: keyView,
    },
    ({ users, body }) => users.addKey(body.name, body.role),
  ),
  endpoint(
    { method: 'DELETE', path: '/api-keys/:name', role: 'admin', summary: 'Make a key worthless', status: 204 },
    ({ users, parameters: { name: key = '' } }) => users.removeKey(key),
  ),
];

const devices: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/mqtt-users',
      role: 'admin',
      summary: 'Devices that log in with a password',
      query: v.strictObject({ ...pageQuery }),
      reply: pageOf(v.strictObject({ username: v.string(), isSuperuser: v.boolean(), isEditable: v.boolean() })),
    },
    ({ management, query }) => onePage(management.rights.mqttUsers(), query),
  ),
  endpoint(
    {
      method: 'PUT',
      path: '/mqtt-users/:name',
      role: 'admin',
      summary: 'Add a device user, or give it another password',
      body: v.strictObject({ password: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) }),
      reply: appliedReply,
    },
    async ({ management, body, principal, parameters }) => {
      const parsed = v.safeParse(name, parameters.name);
      if (!parsed.success) throw new HttpRefusal('BAD_REQUEST', parsed.issues[0].message, 'name');
      const changes = await management.rights.changesForUser(parsed.output, body.password);
      return management.config.apply({ changes, who: whoOf({ principal }), what: `mqtt user ${parsed.output} set` });
    },
  ),
  endpoint(
    {
      method: 'DELETE',
      path: '/mqtt-users/:name',
      role: 'admin',
      summary: 'Remove a device user',
      reply: appliedReply,
    },
    async ({ management, principal, parameters: { name: username = '' } }) => {
      const user = management.rights.mqttUsers().find((one) => one.username === username);
      if (user === undefined) throw new HttpRefusal('NOT_FOUND', `there is no device user ${username}`, 'name');
      if (!user.isEditable)
        throw new HttpRefusal('CONFLICT', 'it stands in a password file: use viaduct passwd', 'name');
      const changes = await management.rights.changesForUser(username, undefined);
      return management.config.apply({ changes, who: whoOf({ principal }), what: `mqtt user ${username} removed` });
    },
  ),
  endpoint(
    {
      method: 'GET',
      path: '/acl',
      role: 'admin',
      summary: 'The access rules, as in auth.acl.rules',
      reply: v.strictObject({ rules: v.array(v.unknown()), noMatch: v.picklist(['allow', 'deny']) }),
    },
    ({ management }) => management.rights.acl(),
  ),
  endpoint(
    {
      method: 'PUT',
      path: '/acl',
      role: 'admin',
      summary: 'Replace the access rules; they hold at once',
      body: v.strictObject({
        rules: v.array(v.record(v.string(), v.unknown())),
        noMatch: v.optional(v.picklist(['allow', 'deny'])),
      }),
      reply: appliedReply,
    },
    ({ management, body, principal }) => {
      const changes = management.rights.changesForAcl(body.rules, body.noMatch);
      return management.config.apply({ changes, who: whoOf({ principal }), what: 'access rules replaced' });
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: '/acl/test',
      role: 'operator',
      summary: 'Who may what, and which rule says so',
      body: v.strictObject({
        clientId: text,
        username: v.optional(text),
        address: v.optional(text),
        action: v.picklist(['publish', 'subscribe']),
        topic: v.pipe(text, v.minLength(1)),
      }),
      reply: v.strictObject({ isAllowed: v.boolean(), rule: v.optional(v.number()), why: v.string() }),
    },
    ({ management, body: { username, address, ...asked } }) =>
      management.rights.test({
        ...asked,
        ...(username === undefined ? {} : { username }),
        ...(address === undefined ? {} : { address }),
      }),
  ),
];

/** The endpoints. */
export function rightsApi(audit: AuditLog): readonly Endpoint[] {
  return [
    ...people,
    ...devices,
    endpoint(
      {
        method: 'GET',
        path: '/audit',
        role: 'admin',
        summary: 'Who did what over the API, newest first',
        query: v.strictObject({ ...pageQuery }),
        reply: pageOf(v.looseObject({ id: v.number(), at: v.number(), who: v.string(), action: v.string() })),
      },
      ({ query }) => onePage(audit.entries, query),
    ),
  ];
}
