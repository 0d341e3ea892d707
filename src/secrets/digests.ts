// Digests: the quick half of Node's cryptography, in our words: SHA-2, HMAC, comparison in constant time, Base64. No
// state. What is slow on purpose is the matter of `slow-hash.ts`; signatures with keys that of `web-token.ts`.
// These are the only files that know `node:crypto` here.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';

/** The digest of bytes or of a text in UTF-8. */
export function digestOf(algorithm: 'sha256' | 'sha512', ...parts: readonly (string | Uint8Array)[]): Bytes {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return bytesOf(hash.digest());
}

/** The keyed digest (HMAC-SHA-256) of bytes or of a text in UTF-8. */
export function keyedDigestOf(key: Uint8Array, ...parts: readonly (string | Uint8Array)[]): Bytes {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return bytesOf(hmac.digest());
}

/** Whether two secrets are the same. The time it takes tells their lengths at most. */
export function isSameSecret(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The bytes of a Base64 text, with or without padding; undefined when it is none. */
export function bytesOfBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bytes = bytesOf(Buffer.from(text, 'base64'));
  return bytes.toString('base64').replaceAll('=', '') === text.replaceAll('=', '') ? bytes : undefined;
}

/** Each byte of one with that of another of the same length. */
export function exclusiveOr(one: Uint8Array, other: Uint8Array): Bytes {
  return bytesOf(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
