// Login: what a device shows when it connects, and what comes of it. Every method of authentication takes a login and
// says allow, deny, or that it is none of its business; the chain of methods ends with the rule about anonymous
// devices.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { PeerCertificate } from '../ports/ports.ts';
import type { AclRule } from './acl.ts';

/** What a device shows. */
export interface Login {
  /** Empty when the broker is to assign one. */
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Bytes | undefined;
  readonly version: ProtocolVersion;
  /** Where it connects from. */
  readonly address: string;
  /** The port of ours that it came in by. */
  readonly port: number;
  /** The certificate that it showed and that was verified. */
  readonly certificate: PeerCertificate | undefined;
  /** What its listener says about devices without user name; undefined: as everywhere. */
  readonly isAnonymousAllowed?: boolean | undefined;
}

/** How somebody proved who they are. */
export type ProofMethod = 'anonymous' | 'password' | 'scram' | 'certificate' | 'http' | 'jwt' | 'custom';

/** What a device that was let in may rely on. */
export interface Admission {
  readonly method: ProofMethod;
  readonly username: string | undefined;
  /** The access rules do not apply to it. */
  readonly isSuperuser: boolean;
  /** Rules of its own, which come before those of the broker. */
  readonly rules?: readonly AclRule[];
  /** When the proof runs out, in ms of the monotonic clock; absent: never. */
  readonly expiresAt?: number;
}

/** What a method says about a login. */
export type Verdict =
  | { readonly kind: 'allow'; readonly admission: Admission }
  | { readonly kind: 'deny'; readonly reasonCode: ReasonCode; readonly why: RefusalReason }
  | { readonly kind: 'ignore' };

/** What is said at the end of the chain. */
export type Decision = Exclude<Verdict, { readonly kind: 'ignore' }>;

/** Why logins are refused; the names under which they are counted. */
export type RefusalReason =
  | 'anonymous'
  | 'unknown-user'
  | 'wrong-password'
  | 'wrong-proof'
  | 'bad-token'
  | 'expired-token'
  | 'no-certificate'
  | 'http-denied'
  | 'http-failed'
  | 'unknown-method'
  | 'version-not-served'
  | 'busy'
  | 'custom';

/** Refusals that say nothing of a secret that was tried: nobody is slowed down for them. */
const harmless: ReadonlySet<RefusalReason> = new Set([
  'anonymous',
  'no-certificate',
  'http-failed',
  'unknown-method',
  'version-not-served',
  'busy',
]);

/** Whether a refused login may have been a guess. */
export function isGuess(why: RefusalReason): boolean {
  return !harmless.has(why);
}

/** One method of the chain. It never rejects: what goes wrong is a verdict. */
export interface LoginStep {
  check(login: Login): Verdict | Promise<Verdict>;
}
