// Scram: what SCRAM-SHA-256 (RFC 5802, RFC 7677) is made of, the same for both sides: messages of attributes, the keys
// behind a password, proof and signature. No channel binding, so the only headers are `n,,` and `y,,`.
//
//   client: n,,n=USER,r=NONCE            server: r=NONCE+MORE,s=SALT,i=ITERATIONS
//   client: c=biws,r=NONCE+MORE,p=PROOF  server: v=SIGNATURE
import { type Bytes, bytesOfText } from '../../protocol/wire/bytes.ts';
import { digestOf, isSameSecret, keyedDigestOf } from './digests.ts';
import type { SlowHash } from './slow-hash.ts';

/** The name of the method in CONNECT. */
export const scramMethod = 'SCRAM-SHA-256';

/** What a server keeps of a password: enough to check a proof, not enough to make one. */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Bytes;
  readonly storedKey: Bytes;
  readonly serverKey: Bytes;
}

/** The keys behind a password. */
export interface ScramKeys {
  readonly clientKey: Bytes;
  readonly storedKey: Bytes;
  readonly serverKey: Bytes;
}

/** Works out the keys of a password: `iterations` rounds of PBKDF2. */
export async function scramKeysOf(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  slowHash: SlowHash,
): Promise<ScramKeys> {
  const salted = await slowHash.pbkdf2(password, salt, { digest: 'sha256', iterations }, 32);
  const clientKey = keyedDigestOf(salted, 'Client Key');
  return { clientKey, storedKey: digestOf('sha256', clientKey), serverKey: keyedDigestOf(salted, 'Server Key') };
}

/** What a server keeps of a password. */
export async function scramVerifierOf(
  password: Uint8Array,
  salt: Bytes,
  iterations: number,
  slowHash: SlowHash,
): Promise<ScramVerifier> {
  const { storedKey, serverKey } = await scramKeysOf(password, salt, iterations, slowHash);
  return { iterations, salt, storedKey, serverKey };
}

/** Whether a password that came in the clear is the one behind a verifier. */
export async function isScramPassword(
  password: Uint8Array,
  verifier: ScramVerifier,
  slowHash: SlowHash,
): Promise<boolean> {
  const { storedKey } = await scramKeysOf(password, verifier.salt, verifier.iterations, slowHash);
  return isSameSecret(storedKey, verifier.storedKey);
}

/** The attributes of a message, as `r=...,s=...`, in order; undefined when it is none. */
export function attributesOf(message: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const part of message.split(',')) {
    const [, name, value] = /^([a-zA-Z])=(.*)$/s.exec(part) ?? [];
    if (name === undefined || value === undefined || attributes.has(name)) return undefined;
    attributes.set(name, value);
  }
  return attributes;
}

/** A password as it is hashed: normalised, so that one word has one form. */
export function scramBytesOf(password: string): Bytes {
  return bytesOfText(password.normalize('NFKC'));
}

/** A user name as it stands in a message. */
export function escapeName(name: string): string {
  return name.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/** The user name that stands in a message; undefined when it is no name. */
export function unescapeName(text: string): string | undefined {
  if (/=(?!3D|2C)/.test(text) || text === '') return undefined;
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
