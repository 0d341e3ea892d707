// WebToken: JSON web tokens (RFC 7519) that somebody else has signed, checked. The algorithm is the one that was
// configured, whatever the token says of itself; `none` does not exist. HS256, RS256 and ES256, with a secret, a public
// key, or a set of keys (JWKS) in which the token's `kid` chooses.
// Nothing is fetched; a token is bounded by what a packet may hold, and by `tokenLengthMax`.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Bytes, bytesOf, bytesOfText } from '../../protocol/wire/bytes.ts';
import { messageOf } from '../base/errors.ts';
import { isSameSecret, keyedDigestOf } from './digests.ts';

/** The algorithms that are checked. */
export type TokenAlgorithm = 'HS256' | 'RS256' | 'ES256';

/** Where the keys come from; one of the three. */
export interface TokenKeyOptions {
  readonly algorithm: TokenAlgorithm;
  /** For HS256. */
  readonly secret?: string;
  /** For RS256 and ES256: PEM. */
  readonly publicKey?: string;
  /** For RS256 and ES256: the text of a JWKS. */
  readonly keySet?: string;
}

/** What a token says; nothing of it is checked but the signature. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Checks a signature. */
type Check = (signed: Bytes, signature: Bytes) => boolean;

const tokenLengthMax = 16_384;

/** The keys by which tokens are known. */
export class TokenKeys {
  readonly #algorithm: TokenAlgorithm;
  /** By `kid`; the empty one stands for tokens that name none. */
  readonly #checks: ReadonlyMap<string, Check>;

  /** Throws an Error that says what is wrong with the keys. */
  constructor(options: TokenKeyOptions) {
    this.#algorithm = options.algorithm;
    this.#checks = checksOf(options);
  }

  /** What a token says that one of the keys has signed; words when it has not. */
  claimsOf(token: string): TokenClaims | string {
    const parts = token.length > tokenLengthMax ? [] : token.split('.');
    const [head = '', body = '', signatureText = ''] = parts;
    const header = jsonOf(head);
    const claims = jsonOf(body);
    const signature = base64url(signatureText);
    if (parts.length !== 3 || header === undefined || claims === undefined || signature === undefined)
      return 'no token';
    if (header.alg !== this.#algorithm) return `the token is signed with ${String(header.alg)}`;
    // extensions that must be understood are not
    if (header.crit !== undefined) return 'the token demands an extension';
    const kid = typeof header.kid === 'string' ? header.kid : '';
    const check = this.#checks.get(kid) ?? this.#checks.get('');
    if (check === undefined) return 'no key of this name';
    return check(bytesOfText(`${head}.${body}`), signature) ? claims : 'the signature is wrong';
  }
}

function checksOf({ algorithm, secret, publicKey, keySet }: TokenKeyOptions): ReadonlyMap<string, Check> {
  if (algorithm === 'HS256') {
    if (secret === undefined || secret === '') throw new Error('HS256 needs a secret');
    const key = bytesOfText(secret);
    return new Map([['', (signed, signature) => isSameSecret(keyedDigestOf(key, signed), signature)]]);
  }
  const keys = keySet === undefined ? pemKeys(algorithm, publicKey) : setKeys(algorithm, keySet);
  const checks = new Map<string, Check>();
  for (const [name, key] of keys)
    checks.set(name, (signed, signature) => isSignedBy(key, algorithm, signed, signature));
  return checks;
}

function pemKeys(algorithm: TokenAlgorithm, publicKey = ''): ReadonlyMap<string, KeyObject> {
  const key = keyOf(() => createPublicKey(publicKey));
  if (!isFor(key, algorithm)) throw new Error(`the public key is none for ${algorithm}`);
  return new Map([['', key]]);
}

/** Keys of a set that are for other uses are passed over; a set with one key serves tokens that name none. */
function setKeys(algorithm: TokenAlgorithm, text: string): ReadonlyMap<string, KeyObject> {
  const set: unknown = keyOf(() => JSON.parse(text));
  const found: unknown = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(found)) throw new Error('the key set has no keys: expected { "keys": [ ... ] }');
  const keys = new Map<string, KeyObject>();
  for (const one of found) {
    if (typeof one !== 'object' || one === null) continue;
    const jwk: Record<string, unknown> = { ...one };
    if (jwk.use === 'enc' || (jwk.alg !== undefined && jwk.alg !== algorithm)) continue;
    const key = keyOf(() => createPublicKey({ key: jwk, format: 'jwk' }));
    if (isFor(key, algorithm)) keys.set(typeof jwk.kid === 'string' ? jwk.kid : '', key);
  }
  if (keys.size === 0) throw new Error(`the key set has no key for ${algorithm}`);
  const [only] = keys.values();
  return keys.size === 1 && only ? new Map([...keys, ['', only]]) : keys;
}

function keyOf<Key>(read: () => Key): Key {
  try {
    return read();
  } catch (error) {
    throw new Error(`the key cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function isFor(key: KeyObject, algorithm: TokenAlgorithm): boolean {
  if (algorithm === 'RS256') return key.asymmetricKeyType === 'rsa';
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

function isSignedBy(key: KeyObject, algorithm: TokenAlgorithm, signed: Bytes, signature: Bytes): boolean {
  if (algorithm === 'RS256') return verify('sha256', signed, key, signature);
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = base64url(text);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // what is no JSON is no token
  }
}

function base64url(text: string): Bytes | undefined {
  return /^[A-Za-z0-9_-]+$/.test(text) ? bytesOf(Buffer.from(text, 'base64url')) : undefined;
}
