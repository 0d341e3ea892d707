// ScramClient: SCRAM-SHA-256 on the client's side, as a method of enhanced authentication. The password never leaves;
// and a server that does not know its verifier is not believed, whatever it accepts.
//
// The keys behind the password are kept for the salt that the server showed last, so that connecting again is cheap.
import type { ClientAuthentication } from '../../protocol/connection/client-authentication.ts';
import { type Bytes, bytesOf, bytesOfText } from '../../protocol/wire/bytes.ts';
import { messageOf } from '../base/errors.ts';
import type { Random } from '../ports/ports.ts';
import { bytesOfBase64, exclusiveOr, isSameSecret, keyedDigestOf } from './digests.ts';
import { attributesOf, escapeName, type ScramKeys, scramBytesOf, scramKeysOf, scramMethod } from './scram.ts';
import { SlowHash } from './slow-hash.ts';

/** The least rounds that RFC 7677 allows: fewer would give the password away to a false server. */
const iterationsMin = 4096;
/** More than that is an attack on our time. */
const iterationsMax = 1_000_000;

/** How a client proves who it is: by SCRAM-SHA-256 with its user name and password, or by a method brought along. */
export type ClientMethod = 'scram-sha-256' | ClientAuthentication;

/** The method of a client; undefined where it shows user name and password as they are. */
export function clientAuthenticationOf(
  method: ClientMethod | undefined,
  credentials: Partial<ScramCredentials>,
  random: Random,
): ClientAuthentication | undefined {
  if (method !== 'scram-sha-256') return method;
  const { username = '', password = '' } = credentials;
  return new ScramClient({ username, password }, random);
}

/** Who authenticates. */
export interface ScramCredentials {
  readonly username: string;
  readonly password: string;
}

/** What a server's first message says. */
interface Challenge {
  readonly nonce: string;
  readonly salt: Bytes;
  readonly iterations: number;
}

/** One client's side of SCRAM-SHA-256. */
export class ScramClient implements ClientAuthentication {
  /** See `ClientAuthentication`. */
  readonly method: string = scramMethod;
  readonly #credentials: ScramCredentials;
  readonly #random: Random;
  readonly #slowHash: SlowHash;
  #nonce = '';
  #firstBare = '';
  #signature: Bytes | undefined;
  #known: { readonly salt: Bytes; readonly iterations: number; readonly keys: ScramKeys } | undefined;

  constructor(credentials: ScramCredentials, random: Random, slowHash: SlowHash = new SlowHash()) {
    this.#credentials = credentials;
    this.#random = random;
    this.#slowHash = slowHash;
  }

  /** See `ClientAuthentication`. */
  begin(): Bytes {
    this.#signature = undefined;
    this.#nonce = this.#random.bytes(18).toString('base64');
    this.#firstBare = `n=${escapeName(this.#credentials.username)},r=${this.#nonce}`;
    return bytesOfText(`n,,${this.#firstBare}`);
  }

  /** See `ClientAuthentication`. */
  challenged(data: Bytes | undefined, answer: (data: Bytes | string) => void): void {
    const serverFirst = data?.toString() ?? '';
    const challenge = this.#read(serverFirst);
    if (typeof challenge === 'string') {
      answer(challenge);
      return;
    }
    const firstBare = this.#firstBare;
    this.#keysOf(challenge).then(
      (keys) => {
        const withoutProof = `c=biws,r=${challenge.nonce}`;
        const conversation = `${firstBare},${serverFirst},${withoutProof}`;
        this.#signature = keyedDigestOf(keys.serverKey, conversation);
        const proof = exclusiveOr(keys.clientKey, keyedDigestOf(keys.storedKey, conversation));
        answer(bytesOfText(`${withoutProof},p=${proof.toString('base64')}`));
      },
      (error: unknown) => answer(`the answer to the server cannot be worked out: ${messageOf(error)}`),
    );
  }

  /** See `ClientAuthentication`. */
  finished(data: Bytes | undefined): string | undefined {
    const signature = bytesOfBase64(attributesOf(data?.toString() ?? '')?.get('v') ?? '');
    const isRight = signature && this.#signature && isSameSecret(signature, this.#signature);
    return isRight ? undefined : 'the server did not prove that it knows the password';
  }

  #read(serverFirst: string): Challenge | string {
    const attributes = attributesOf(serverFirst);
    const nonce = attributes?.get('r') ?? '';
    const salt = bytesOfBase64(attributes?.get('s') ?? '');
    const iterations = Number(attributes?.get('i'));
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || !salt || attributes?.has('m')) {
      return `the server's challenge is none of ${scramMethod}`;
    }
    const isBounded = Number.isInteger(iterations) && iterations >= iterationsMin && iterations <= iterationsMax;
    return isBounded
      ? { nonce, salt, iterations }
      : `the server asks for ${iterations} rounds; from ${iterationsMin} to ${iterationsMax} are worked out`;
  }

  async #keysOf({ salt, iterations }: Challenge): Promise<ScramKeys> {
    const known = this.#known;
    if (known && known.iterations === iterations && isSameSecret(known.salt, salt)) return known.keys;
    const keys = await scramKeysOf(scramBytesOf(this.#credentials.password), salt, iterations, this.#slowHash);
    this.#known = { salt: bytesOf(salt), iterations, keys };
    return keys;
  }
}
