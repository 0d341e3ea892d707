// PasswordHash: how passwords stand in a file of users, one text each, and how one is checked against it.
//
//   $scrypt$ln=12,r=8,p=1$SALT$HASH                 ours, the default of `viaduct passwd`
//   $scram-sha-256$i=10000$SALT$STORED$SERVER       for SCRAM-SHA-256, and for passwords in CONNECT as well
//   $7$ITERATIONS$SALT$HASH   $6$SALT$HASH          as mosquitto_passwd writes them: PBKDF2-SHA-512, SHA-512
//
// Parameters stand in the text, so that a file may hold old and new costs side by side. Their bounds keep a file from
// costing minutes or gigabytes.
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { bytesOfBase64, digestOf, isSameSecret } from './digests.ts';
import { isScramPassword, type ScramVerifier, scramVerifierOf } from './scram.ts';
import type { ScryptCost, SlowHash } from './slow-hash.ts';

/** A password that was read from a file of users. */
export type PasswordHash =
  | { readonly kind: 'scrypt'; readonly cost: ScryptCost; readonly salt: Bytes; readonly hash: Bytes }
  | { readonly kind: 'scram'; readonly verifier: ScramVerifier }
  | { readonly kind: 'pbkdf2'; readonly iterations: number; readonly salt: Bytes; readonly hash: Bytes }
  | { readonly kind: 'sha512'; readonly salt: Bytes; readonly hash: Bytes };

/** 2^12: 10 ms and 4 MB on a slow core, where 2^14 takes 40 ms and 16 MB. */
export const scryptCostDefault: ScryptCost = { costLog2: 12, blockSize: 8, parallelism: 1 };
/**
 * The same work in half a MB: memory that was used once stays with the thread that used it, and there are four. For
 * those who log in seldom, beside a process that is to be small.
 */
export const scryptCostSmall: ScryptCost = { costLog2: 9, blockSize: 8, parallelism: 8 };
/** PBKDF2 rounds of a SCRAM verifier: clients pay them too. RFC 7677 asks for 4096 at least. */
export const scramIterationsDefault = 10_000;

const iterationsMax = 10_000_000;
const scryptBytesMax = 256 * 1024 * 1024;
const expected = 'expected a hash: $scrypt$..., $scram-sha-256$..., $7$... or $6$...';

/** Whether a text means to be a hash, not a password. */
export function isPasswordHash(text: string): boolean {
  return /^\$(scrypt|scram-sha-256|7|6)\$/.test(text);
}

/** Reads a hash, or says what is wrong with it. */
export function parsePasswordHash(text: string): PasswordHash | string {
  const [, kind, ...parts] = text.split('$');
  switch (kind) {
    case 'scrypt':
      return scryptOf(parts);
    case 'scram-sha-256':
      return scramOf(parts);
    case '7':
      return pbkdf2Of(parts);
    case '6': {
      const [salt, hash] = parts.map(bytesOfBase64);
      if (parts.length !== 2 || !salt || hash?.length !== 64) return 'expected $6$SALT$HASH, both in Base64';
      return { kind: 'sha512', salt, hash };
    }
    default:
      return expected;
  }
}

/** Whether a password is the one of a hash. Rejects with SlowHashBusy when too many are being checked. */
export async function isPasswordOf(password: Uint8Array, hash: PasswordHash, slowHash: SlowHash): Promise<boolean> {
  switch (hash.kind) {
    case 'scrypt': {
      const key = await slowHash.scrypt(password, hash.salt, hash.cost, hash.hash.length);
      return isSameSecret(key, hash.hash);
    }
    case 'scram':
      return isScramPassword(password, hash.verifier, slowHash);
    case 'pbkdf2': {
      const cost = { digest: 'sha512', iterations: hash.iterations } as const;
      const key = await slowHash.pbkdf2(password, hash.salt, cost, hash.hash.length);
      return isSameSecret(key, hash.hash);
    }
    case 'sha512':
      return isSameSecret(digestOf('sha512', password, hash.salt), hash.hash);
    default: {
      const never: never = hash;
      return never;
    }
  }
}

/** The text of a password in scrypt, with a salt of 16 random bytes. */
export async function scryptTextOf(
  password: Uint8Array,
  salt: Bytes,
  slowHash: SlowHash,
  cost: ScryptCost = scryptCostDefault,
): Promise<string> {
  const { costLog2, blockSize, parallelism } = cost;
  const hash = await slowHash.scrypt(password, salt, cost, 32);
  return `$scrypt$ln=${costLog2},r=${blockSize},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** The text of a password for SCRAM-SHA-256, with a salt of 16 random bytes. */
export async function scramTextOf(password: Uint8Array, salt: Bytes, slowHash: SlowHash): Promise<string> {
  const { storedKey, serverKey, iterations } = await scramVerifierOf(password, salt, scramIterationsDefault, slowHash);
  return `$scram-sha-256$i=${iterations}$${base64(salt)}$${base64(storedKey)}$${base64(serverKey)}`;
}

function scryptOf(parts: readonly string[]): PasswordHash | string {
  const [parameters = '', saltText = '', hashText = ''] = parts;
  const match = /^ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})$/.exec(parameters);
  const [salt, hash] = [bytesOfBase64(saltText), bytesOfBase64(hashText)];
  if (match === null || parts.length !== 3 || !salt || !hash || hash.length < 16 || hash.length > 64) {
    return 'expected $scrypt$ln=12,r=8,p=1$SALT$HASH, both in Base64';
  }
  const [costLog2, blockSize, parallelism] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const bytes = 128 * 2 ** costLog2 * blockSize;
  if (costLog2 < 1 || blockSize < 1 || parallelism < 1 || parallelism > 16 || bytes > scryptBytesMax) {
    return 'expected scrypt parameters that need at most 256 MB: ln from 1, r from 1, p from 1 to 16';
  }
  return { kind: 'scrypt', cost: { costLog2, blockSize, parallelism }, salt, hash };
}

function scramOf(parts: readonly string[]): PasswordHash | string {
  const [parameters = '', ...texts] = parts;
  const iterations = Number(/^i=(\d+)$/.exec(parameters)?.[1]);
  const [salt, storedKey, serverKey] = texts.map(bytesOfBase64);
  const isWhole = texts.length === 3 && salt && storedKey?.length === 32 && serverKey?.length === 32;
  if (!isWhole || !(iterations >= 1 && iterations <= iterationsMax)) {
    return 'expected $scram-sha-256$i=10000$SALT$STORED$SERVER, all three in Base64';
  }
  return { kind: 'scram', verifier: { iterations, salt, storedKey, serverKey } };
}

function pbkdf2Of(parts: readonly string[]): PasswordHash | string {
  const [rounds = '', ...texts] = parts;
  const [salt, hash] = texts.map(bytesOfBase64);
  const iterations = Number(rounds);
  const isCounted = /^\d+$/.test(rounds) && iterations >= 1 && iterations <= iterationsMax;
  if (texts.length !== 2 || !isCounted || !salt || hash?.length !== 64) {
    return 'expected $7$ITERATIONS$SALT$HASH, both in Base64';
  }
  return { kind: 'pbkdf2', iterations, salt, hash };
}

function base64(bytes: Uint8Array): string {
  return bytesOf(bytes).toString('base64').replaceAll('=', '');
}
