// WebTokens: JSON web tokens as somebody else would make them, with Node's own cryptography, for tests of those who
// believe them. A token is three parts in base64url with dots between: how it is signed, what it says, the signature.
// Keys are made anew in each run.
import { createHmac, type KeyObject, sign } from 'node:crypto';

/** What token options say where a test does not care. */
export const tokenDefaults = { from: 'password', leewayS: 30, isExpiryRequired: true } as const;

/** A token of this header and these claims. */
export function signedToken(header: object, claims: object, signatureOf: (text: Buffer) => Buffer): string {
  const text = [{ typ: 'JWT', ...header }, claims].map((one) => Buffer.from(JSON.stringify(one)).toString('base64url'));
  const signed = text.join('.');
  return `${signed}.${signatureOf(Buffer.from(signed)).toString('base64url')}`;
}

/** A signature of HS256. */
export function hmacOf(secret: string, text: Buffer): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

/** A signature of RS256, or of ES256 by the kind of the key. */
export function signatureOf(key: KeyObject, text: Buffer): Buffer {
  return sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' });
}
