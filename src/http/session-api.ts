// SessionApi: logging in and out, and one's own password. Who has logged in with a password that must be changed can
// do that and nothing else.
// Bounded: sessions by `Sessions`, guessing by `LockOut`.
import * as v from 'valibot';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { isSameSecret } from '../secrets/digests.ts';
import { jsonAnswer } from './api-server.ts';
import type { SessionReply } from './api-types.ts';
import { type Authentication, cookieHeader } from './authentication.ts';
import { type Endpoint, endpoint, PlainAnswer } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import type { Principal } from './principal.ts';

const shortText = v.pipe(v.string(), v.maxLength(200));

const sessionReply = v.strictObject({
  username: v.string(),
  role: v.picklist(['viewer', 'operator', 'admin']),
  mustChangePassword: v.boolean(),
  expiresAt: v.number(),
  token: v.optional(v.string()),
});

/** The endpoints. */
export function sessionApi(authentication: Authentication): readonly Endpoint[] {
  return [
    endpoint(
      {
        method: 'POST',
        path: '/login',
        role: 'nobody',
        summary: 'Log in',
        body: v.strictObject({
          username: shortText,
          password: shortText,
          isCookieWanted: v.optional(v.boolean(), true),
        }),
        reply: sessionReply,
      },
      async ({ body, request, sessions, seen }) => {
        const { username } = await authentication.login(body.username, body.password, request, seen);
        const token = sessions.open(username);
        const principal = sessions.find(token);
        if (principal === undefined) throw new HttpRefusal('UNAUTHENTICATED', 'the user is gone');
        seen.principal = principal;
        if (!body.isCookieWanted) return { ...replyOf(principal), token };
        const cookie = cookieHeader(token, request.isEncrypted);
        return new PlainAnswer(jsonAnswer(200, replyOf(principal), { 'set-cookie': cookie }));
      },
    ),
    endpoint(
      {
        method: 'POST',
        path: '/logout',
        role: 'viewer',
        summary: 'Log out',
        status: 204,
        isForExpired: true,
      },
      ({ principal, sessions, request }) => {
        if (principal?.sessionId !== undefined) sessions.close(principal.sessionId);
        const headers = { 'set-cookie': cookieHeader(undefined, request.isEncrypted) };
        return new PlainAnswer({ status: 204, headers, body: '' });
      },
    ),
    endpoint(
      {
        method: 'GET',
        path: '/session',
        role: 'viewer',
        summary: 'Who is logged in',
        isForExpired: true,
        reply: sessionReply,
      },
      ({ principal }) => (principal === undefined ? undefined : replyOf(principal)),
    ),
    passwordEndpoint(authentication),
  ];
}

function passwordEndpoint(authentication: Authentication): Endpoint {
  return endpoint(
    {
      method: 'POST',
      path: '/session/password',
      role: 'viewer',
      summary: 'Change the own password; all other sessions of the user end',
      isForExpired: true,
      status: 204,
      body: v.strictObject({ oldPassword: shortText, newPassword: shortText }),
    },
    async ({ principal, body, request, users, sessions, seen }) => {
      if (principal?.via !== 'session') throw new HttpRefusal('FORBIDDEN', 'keys have no password');
      const { username, sessionId } = principal;
      await authentication.login(username, body.oldPassword, request, seen);
      if (isSameSecret(bytesOfText(body.oldPassword), bytesOfText(body.newPassword))) {
        throw new HttpRefusal('BAD_REQUEST', 'expected another password than the old one', 'newPassword');
      }
      await users.patch(username, { password: body.newPassword }, true);
      sessions.closeAllOf(username, sessionId);
    },
  );
}

function replyOf({ username, role, mustChangePassword, expiresAt }: Principal): SessionReply {
  return { username, role, mustChangePassword, expiresAt };
}
