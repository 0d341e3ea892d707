// Authenticator: a method of enhanced authentication (MQTT 5.0 section 4.12) as the broker uses it. SCRAM-SHA-256 is
// built in; a program that embeds the broker brings others. One conversation serves one CONNECT, or one
// re-authentication.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Admission, Decision, Login } from './login.ts';

/** What comes after a client's message: another question, or the end. */
export type AuthenticationStep =
  | { readonly kind: 'challenge'; readonly data: Bytes | undefined }
  | { readonly kind: 'allow'; readonly admission: Admission; readonly data?: Bytes }
  | Extract<Decision, { readonly kind: 'deny' }>;

/** One conversation. */
export interface Authentication {
  /** Takes what the client sent, first that of CONNECT or of AUTH 0x19. */
  next(data: Bytes | undefined): AuthenticationStep | Promise<AuthenticationStep>;
}

/** A method. */
export interface Authenticator {
  /** The name that clients send, as `SCRAM-SHA-256`. */
  readonly method: string;
  begin(login: Login): Authentication;
}
