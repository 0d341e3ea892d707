// Principal: who asks, once that is proved, and what their role lets them do.
// Roles include each other: an admin may do what an operator may, an operator what a viewer may.
// What a principal may is looked up for each request: a role that was taken away counts at once.
import type { Role } from './api-types.ts';

/** Who asks. */
export interface Principal {
  readonly username: string;
  readonly role: Role;
  readonly via: 'session' | 'key' | 'password';
  /** The digest of a session's token. */
  readonly sessionId?: string;
  readonly expiresAt: number;
  readonly mustChangePassword: boolean;
}

/** What is found out about a request on its way: the audit log tells it, even if the request fails later. */
export interface Seen {
  principal: Principal | undefined;
  /** The user as whom somebody tries to log in. */
  tried: string | undefined;
}

/** Whether a role includes what another may do. */
export function mayAs(role: Role, needed: Role): boolean {
  const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };
  return ranks[role] >= ranks[needed];
}
