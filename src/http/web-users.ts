// WebUsers: who may use API and dashboard: people with passwords, and programs with keys. They stand in one file
// beside the overlay, readable for its owner only: passwords as scrypt, keys as digests (a key is 32 random bytes).
// Where there is no file yet, the configured user is made, or `admin` with a password that the log tells once.
// Bounded by `usersMax` and `keysMax`; at least one admin stays.
import * as v from 'valibot';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { ConfigError, messageOf } from '../base/errors.ts';
import { readTextIfThere } from '../config/config-reader.ts';
import type { Disk, Random } from '../ports/ports.ts';
import { digestOf, isSameSecret } from '../secrets/digests.ts';
import {
  isPasswordOf,
  type PasswordHash,
  parsePasswordHash,
  scryptCostSmall,
  scryptTextOf,
} from '../secrets/password-hash.ts';
import { SlowHash } from '../secrets/slow-hash.ts';
import type { ApiKeyView, Role, UserPatch, UserRequest, UserView } from './api-types.ts';
import { HttpRefusal } from './http-refusal.ts';

const usersMax = 1000;
const keysMax = 1000;
/** What the whole file may not exceed is bounded by these. */
const role = v.picklist(['viewer', 'operator', 'admin']);
const fileSchema = v.object({
  users: v.array(
    v.object({
      username: v.string(),
      role,
      hash: v.pipe(
        v.string(),
        v.check((hash) => typeof parsePasswordHash(hash) !== 'string', 'expected a password hash'),
      ),
      mustChangePassword: v.boolean(),
      lastLoginAt: v.optional(v.number()),
    }),
  ),
  keys: v.array(v.object({ name: v.string(), role, createdAt: v.number(), digest: v.string() })),
});

type File = v.InferOutput<typeof fileSchema>;
type User = File['users'][number];

/** The user to begin with, if the configuration has one. */
export interface FirstUser {
  readonly username: string;
  /** Absent: one is made up, and told. */
  readonly password?: string;
}

/** What the users need. */
export interface WebUserTools {
  readonly disk: Disk;
  readonly random: Random;
  readonly wallMs: () => number;
}

/** Everybody who may use the API. */
export class WebUsers {
  readonly #path: string;
  readonly #tools: WebUserTools;
  readonly #slowHash = new SlowHash({ waitingMax: 50 });
  /** Writes happen one after the other. */
  #written: Promise<void> = Promise.resolve();
  #users = new Map<string, User>();
  #keys = new Map<string, File['keys'][number]>();
  /** What an unknown user's password is compared with: no password has this hash. */
  readonly #nobody: PasswordHash;

  private constructor(path: string, tools: WebUserTools) {
    this.#path = path;
    this.#tools = tools;
    const { random } = tools;
    this.#nobody = { kind: 'scrypt', cost: scryptCostSmall, salt: random.bytes(16), hash: random.bytes(32) };
  }

  /**
   * Reads the file, or makes the first user. `told` gets a password that was made up. Rejects with ConfigError for a
   * file that cannot be used, StorageError when it cannot be written.
   */
  static async open(
    path: string,
    tools: WebUserTools,
    first: FirstUser,
    told: (username: string, password: string) => void,
  ): Promise<WebUsers> {
    const users = new WebUsers(path, tools);
    const text = await readTextIfThere(tools.disk, path);
    if (text !== undefined) {
      users.#take(text);
      return users;
    }
    const { username, password = tools.random.bytes(12).toString('base64url') } = first;
    const isMadeUp = first.password === undefined;
    const mustChangePassword = isMadeUp || passwordFault(password) !== undefined;
    users.#users.set(username, { username, role: 'admin', hash: await users.#hashOf(password), mustChangePassword });
    await users.#save();
    if (isMadeUp) told(username, password);
    return users;
  }

  /** What holds of a user now. */
  now(username: string): { readonly role: Role; readonly mustChangePassword: boolean } | undefined {
    return this.#users.get(username);
  }

  /** All users, by name. */
  get all(): readonly UserView[] {
    return [...this.#users.values()].map(viewOf).sort((one, other) => (one.username < other.username ? -1 : 1));
  }

  /** All keys, without what they are. */
  get keys(): readonly ApiKeyView[] {
    return [...this.#keys.values()].map(({ name, role: own, createdAt }) => ({ name, role: own, createdAt }));
  }

  /** Whether a password is right; unknown users cost as much. Rejects with SlowHashBusy. */
  async check(username: string, password: string): Promise<boolean> {
    const user = this.#users.get(username);
    const hash = user === undefined ? this.#nobody : parsePasswordHash(user.hash);
    if (typeof hash === 'string') return false;
    return (await isPasswordOf(bytesOfText(password), hash, this.#slowHash)) && user !== undefined;
  }

  /** Notes that somebody logged in. */
  loggedIn(username: string): void {
    const user = this.#users.get(username);
    if (user) this.#users.set(username, { ...user, lastLoginAt: this.#tools.wallMs() });
  }

  /** Whose key it is. */
  keyOf(key: string): { readonly name: string; readonly role: Role } | undefined {
    const digest = digestOf('sha256', key);
    return [...this.#keys.values()].find((one) => isSameSecret(digest, Buffer.from(one.digest, 'base64url')));
  }

  /** Adds a user, who must change the password at first. */
  async add({ username, role: own, password }: UserRequest): Promise<UserView> {
    if (this.#users.has(username)) throw new HttpRefusal('CONFLICT', `there is a user ${username} already`, 'username');
    if (this.#users.size >= usersMax) throw new HttpRefusal('CONFLICT', `there are ${usersMax} users already`);
    const user = { username, role: own, hash: await this.#newHashOf(password), mustChangePassword: true };
    this.#users.set(username, user);
    await this.#save();
    return viewOf(user);
  }

  /** Changes role or password of a user. */
  async patch(username: string, patch: UserPatch, isOwn = false): Promise<UserView> {
    const user = this.#users.get(username);
    if (user === undefined) throw new HttpRefusal('NOT_FOUND', `there is no user ${username}`);
    if (patch.role !== undefined && patch.role !== 'admin') this.#keepAnAdmin(username);
    const { password } = patch;
    const changed: User = {
      ...user,
      ...(patch.role === undefined ? {} : { role: patch.role }),
      ...(password === undefined ? {} : { hash: await this.#newHashOf(password), mustChangePassword: !isOwn }),
    };
    this.#users.set(username, changed);
    await this.#save();
    return viewOf(changed);
  }

  /** Removes a user. */
  async remove(username: string): Promise<void> {
    if (!this.#users.has(username)) throw new HttpRefusal('NOT_FOUND', `there is no user ${username}`);
    this.#keepAnAdmin(username);
    this.#users.delete(username);
    await this.#save();
  }

  /** Makes a key, which is told this once. */
  async addKey(name: string, own: Role): Promise<ApiKeyView> {
    if (this.#keys.has(name)) throw new HttpRefusal('CONFLICT', `there is a key ${name} already`, 'name');
    if (this.#keys.size >= keysMax) throw new HttpRefusal('CONFLICT', `there are ${keysMax} keys already`);
    const key = `vk_${this.#tools.random.bytes(32).toString('base64url')}`;
    const createdAt = this.#tools.wallMs();
    this.#keys.set(name, { name, role: own, createdAt, digest: digestOf('sha256', key).toString('base64url') });
    await this.#save();
    return { name, role: own, createdAt, key };
  }

  /** Makes a key worthless. */
  async removeKey(name: string): Promise<void> {
    if (!this.#keys.delete(name)) throw new HttpRefusal('NOT_FOUND', `there is no key ${name}`);
    await this.#save();
  }

  #keepAnAdmin(but: string): void {
    const hasOther = [...this.#users.values()].some((one) => one.role === 'admin' && one.username !== but);
    if (!hasOther) throw new HttpRefusal('CONFLICT', 'the last admin stays an admin');
  }

  #newHashOf(password: string): Promise<string> {
    const fault = passwordFault(password);
    if (fault !== undefined) throw new HttpRefusal('BAD_REQUEST', fault, 'password');
    return this.#hashOf(password);
  }

  #hashOf(password: string): Promise<string> {
    return scryptTextOf(bytesOfText(password), this.#tools.random.bytes(16), this.#slowHash, scryptCostSmall);
  }

  #take(text: string): void {
    const parsed = v.safeParse(fileSchema, jsonOf(text));
    if (!parsed.success) {
      const [issue] = parsed.issues;
      const path = issue === undefined ? '' : (v.getDotPath(issue) ?? '');
      const expected = `${issue?.message ?? ''}; remove the file to begin again with a new password`;
      throw new ConfigError('INVALID', [{ file: this.#path, line: 0, column: 0, path, value: '', expected }]);
    }
    this.#users = new Map(parsed.output.users.map((user) => [user.username, user]));
    this.#keys = new Map(parsed.output.keys.map((key) => [key.name, key]));
  }

  #save(): Promise<void> {
    const file: File = { users: [...this.#users.values()], keys: [...this.#keys.values()] };
    const text = `${JSON.stringify(file, undefined, 2)}\n`;
    const written = this.#written.then(() => this.#tools.disk.replaceText(this.#path, text, true));
    this.#written = written.catch(() => undefined); // told to whoever wrote it
    return written;
  }
}

/** What is wrong with a new password; undefined when nothing is. */
export function passwordFault(password: string): string | undefined {
  return password.length < 8 || password.length > 200 ? 'expected a password of 8 to 200 characters' : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return messageOf(error); // no object: the schema says so
  }
}

function viewOf({ username, role: own, mustChangePassword, lastLoginAt }: User): UserView {
  return { username, role: own, mustChangePassword, ...(lastLoginAt === undefined ? {} : { lastLoginAt }) };
}
