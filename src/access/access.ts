// Access: who may connect, and what they may do. Users, methods and rules can be replaced while the broker runs, and
// the new ones hold at once for everybody: decisions are remembered under a generation, and whoever is connected is
// looked at again.
//
//   login -> step -> step ... allow or deny; all ignore: anonymous?
//
// Bounded: passwords being checked by `SlowHash`, verified ones by `VerifiedLogins`.
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { SlowHash } from '../secrets/slow-hash.ts';
import { SlowHashBusy } from '../secrets/slow-hash-busy.ts';
import { type AccessMethods, type AccessPorts, methodsOf } from './access-methods.ts';
import type { AccessOptions } from './access-options.ts';
import { type AccessAction, type AclRule, type FilterDecision, firstCover, firstMatch, type Identity } from './acl.ts';
import type { Authentication } from './authenticator.ts';
import type { Opinion } from './authorizer.ts';
import type { Admission, Decision, Login, LoginStep, RefusalReason, Verdict } from './login.ts';
import { LoginGuard } from './login-guard.ts';
import { ScramAuthenticator } from './scram-authenticator.ts';
import { type PasswordFinding, UserTable, type UserTableTools } from './user-table.ts';
import { VerifiedLogins } from './verified-logins.ts';

/** The broker's door keeper. */
export class Access {
  readonly #ports: AccessPorts;
  readonly #tools: UserTableTools;
  readonly #password: LoginStep = { check: (login) => this.#checkPassword(login) };
  readonly #scram: ScramAuthenticator;
  #options: AccessOptions;
  #users: UserTable;
  #methods: AccessMethods;
  #guard: LoginGuard;
  #generation = 0;
  #voidsAt: number;

  /** Throws UsageError for a password hash that is none. */
  constructor(options: AccessOptions, ports: AccessPorts) {
    const { clock, random } = ports;
    this.#ports = ports;
    const verified = new VerifiedLogins(random.bytes(32), { ttlMs: options.verifiedTtlMs ?? 60_000, countMax: 10_000 });
    this.#tools = { clock, slowHash: new SlowHash(), verified, key: random.bytes(32) };
    this.#scram = new ScramAuthenticator({
      random,
      users: () => this.#users,
      admit: (username) => this.admissionOf('scram', username),
    });
    this.#options = options;
    this.#users = new UserTable(options.users, this.#tools);
    this.#methods = methodsOf(options, this.#password, ports);
    this.#guard = new LoginGuard(options.guard);
    this.#voidsAt = this.#nextVoid();
  }

  /** Grows whenever the rules change: decisions remembered under an older number are void. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether a denied publish or subscribe ends the connection. */
  get isDenialDisconnecting(): boolean {
    return this.#options.isDenialDisconnecting;
  }

  /** Replaces users, methods and rules. Throws UsageError, and changes nothing, for a password hash that is none. */
  update(options: AccessOptions): void {
    const users = new UserTable(options.users, this.#tools);
    this.#methods = methodsOf(options, this.#password, this.#ports);
    if (!isSame(options.guard, this.#options.guard)) this.#guard = new LoginGuard(options.guard);
    this.#users = users;
    this.#options = options;
    this.#generation++;
    this.#voidsAt = this.#nextVoid();
  }

  /** Makes decisions void that others have taken, when their time is over. */
  sweep(now: number): void {
    if (now < this.#voidsAt) return;
    this.#generation++;
    this.#voidsAt = this.#nextVoid();
  }

  /** Decides about a login, at once where no slow hash is needed and nobody has to wait. Never rejects. */
  authenticate(login: Login): Decision | Promise<Decision> {
    // who shows nothing guesses nothing
    const isBare = login.username === undefined && login.password === undefined;
    const delayMs = isBare ? 0 : this.#delayOf(login);
    if (delayMs === 0) return this.#ask(login, 0);
    return this.#after(delayMs).then(() => this.#ask(login, 0));
  }

  /** A login was refused: whoever comes from the same address may have to wait. */
  refused({ address }: Login): void {
    this.#guard.failed(address, this.#ports.clock.now());
  }

  /** Waits for as long as failures from the same address cost. */
  penance(login: Login): Promise<void> | undefined {
    const delayMs = this.#delayOf(login);
    return delayMs === 0 ? undefined : this.#after(delayMs);
  }

  /** Begins a conversation in a method of enhanced authentication; undefined when there is no such method. */
  converse(method: string, login: Login): Authentication | undefined {
    const own = this.#options.authenticators?.find((one) => one.method === method);
    if (own !== undefined) return own.begin(login);
    // it proves a password of the users: where these are not asked, neither is it
    const isAsked = this.#options.order?.includes('password') ?? true;
    return method === this.#scram.method && isAsked && this.#users.size > 0 ? this.#scram.begin() : undefined;
  }

  /** What somebody may rely on who has proved who they are. */
  admissionOf(method: Admission['method'], username: string | undefined): Admission {
    const isSuperuser = username !== undefined && this.#options.superusers?.includes(username) === true;
    return { method, username, isSuperuser: isSuperuser && method !== 'anonymous' };
  }

  /**
   * What a proof depends on; when it is another than it was, or undefined, the device must go. `isAnonymousAllowed`:
   * what its listener says, if it does.
   */
  standingOf({ method, username }: Admission, isAnonymousAllowed?: boolean): string | undefined {
    if (method === 'anonymous') return this.#isOpenTo(username, isAnonymousAllowed) ? 'open' : undefined;
    if (method === 'password' || method === 'scram') return this.#users.storedOf(username ?? '');
    return 'vouched for by others';
  }

  /** Whether a connected device may publish to a topic. The promise never rejects. */
  mayPublish(identity: Identity, topic: string): boolean | Promise<boolean> {
    if (identity.isSuperuser) return true;
    const rules = this.#rulesOf(identity);
    const isAllowed = rules.length === 0 ? undefined : firstMatch(rules, identity, 'publish', topic);
    return isAllowed ?? this.#askOthers(identity, 'publish', topic);
  }

  /**
   * Whether a connected device may subscribe to a filter, and what it will not get of it. A shared subscription must be
   * allowed as a whole. The promise never rejects.
   */
  maySubscribe(identity: Identity, filter: string): FilterDecision | Promise<FilterDecision> {
    if (identity.isSuperuser) return granted;
    const cover = firstCover(this.#rulesOf(identity), identity, filter);
    const answer = cover.isAllowed ?? this.#askOthers(identity, 'subscribe', filter);
    return answer instanceof Promise
      ? answer.then((isAllowed) => decisionOn(filter, isAllowed, cover))
      : decisionOn(filter, answer, cover);
  }

  /** What the rules say of one topic, without asking anybody: where none matches, as without a match. */
  ruleOf(identity: Identity, action: AccessAction, topic: string): boolean {
    return firstMatch(this.#rulesOf(identity), identity, action, topic) ?? this.#options.isAllowedWithoutMatch;
  }

  /** What is known about a subscription without asking anybody; undefined where others must be asked. */
  knownAbout(identity: Identity, filter: string): FilterDecision | undefined {
    if (identity.isSuperuser) return granted;
    const cover = firstCover(this.#rulesOf(identity), identity, filter);
    if (cover.isAllowed === undefined && this.#methods.authorizer !== undefined) return undefined;
    return decisionOn(filter, cover.isAllowed ?? this.#options.isAllowedWithoutMatch, cover);
  }

  /** Asks others about a subscription that is there; undefined where they cannot be asked: it stays as it is. */
  async askAgain(identity: Identity, filter: string): Promise<FilterDecision | undefined> {
    const opinion = await this.#methods.authorizer?.ask(identity, 'subscribe', filter);
    if (opinion === 'failed') return undefined;
    const cover = firstCover(this.#rulesOf(identity), identity, filter);
    return decisionOn(filter, cover.isAllowed ?? opinion ?? this.#options.isAllowedWithoutMatch, cover);
  }

  /** How long what others said about subscriptions holds, in ms, at least 10,000; Infinity where nobody is asked. */
  get answersHoldMs(): number {
    const { http } = this.#options;
    return http?.topic === undefined ? Number.POSITIVE_INFINITY : Math.max(http.ttlMs, answersHoldMsMin);
  }

  #rulesOf({ rules }: Identity): readonly AclRule[] {
    return rules === undefined ? this.#options.rules : [...rules, ...this.#options.rules];
  }

  /** Where no rule decides: others who were brought along, else what holds without a match. */
  #askOthers(identity: Identity, action: AccessAction, topic: string): boolean | Promise<boolean> {
    const { isAllowedWithoutMatch } = this.#options;
    const answer = this.#methods.authorizer?.ask(identity, action, topic);
    const isYes = (opinion: Opinion): boolean => (opinion === 'failed' ? false : (opinion ?? isAllowedWithoutMatch));
    return answer instanceof Promise ? answer.then(isYes) : isYes(answer);
  }

  #ask(login: Login, from: number): Decision | Promise<Decision> {
    for (let index = from; index < this.#methods.steps.length; index++) {
      const verdict = this.#methods.steps[index]?.check(login) ?? ignored;
      if (verdict instanceof Promise) {
        return verdict.then((later) => (later.kind === 'ignore' ? this.#ask(login, index + 1) : later));
      }
      if (verdict.kind !== 'ignore') return verdict;
    }
    if (this.#isOpenTo(login.username, login.isAnonymousAllowed)) {
      if (login.username === undefined) return anybody;
      return { kind: 'allow', admission: this.admissionOf('anonymous', login.username) };
    }
    return login.username === undefined
      ? denial('anonymous', ReasonCode.notAuthorized)
      : denial('unknown-user', ReasonCode.badUserNameOrPassword);
  }

  /** The address costs a system call: nobody is asked for it while nobody has failed. */
  #delayOf(login: Login): number {
    return this.#guard.size === 0 ? 0 : this.#guard.delayOf(login.address, this.#ports.clock.now());
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#ports.clock.schedule(delayMs, resolve));
  }

  /** What a web server said holds for its time; all that was remembered of it goes together. */
  #nextVoid(): number {
    const { http } = this.#options;
    return http?.topic === undefined ? Number.POSITIVE_INFINITY : this.#ports.clock.now() + Math.max(http.ttlMs, 1000);
  }

  #isOpenTo(username: string | undefined, isAllowed = this.#options.isAnonymousAllowed): boolean {
    return isAllowed && (username === undefined || this.#methods.steps.length === 0);
  }

  #checkPassword({ username, password }: Login): Verdict | Promise<Verdict> {
    if (username === undefined) return ignored;
    const finding = this.#users.check(username, password);
    if (typeof finding === 'string') return this.#verdictOn(finding, username);
    return finding.then(
      (later) => this.#verdictOn(later, username),
      (error: unknown) => {
        if (error instanceof SlowHashBusy) return denial('busy', ReasonCode.serverBusy);
        throw error; // scrypt was refused: the process has no memory left
      },
    );
  }

  #verdictOn(finding: PasswordFinding, username: string): Verdict {
    if (finding === 'unknown') return ignored;
    if (finding === 'wrong') return denial('wrong-password', ReasonCode.badUserNameOrPassword);
    return { kind: 'allow', admission: this.admissionOf('password', username) };
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A shared subscription must be allowed as a whole. */
function decisionOn(
  filter: string,
  isAllowed: boolean,
  { isWithheld }: Pick<FilterDecision, 'isWithheld'>,
): FilterDecision {
  const isWhole = isWithheld === undefined || !filter.startsWith('$share/');
  return { isAllowed: isAllowed && isWhole, isWithheld };
}

/** Subscriptions are not asked about again sooner, in ms. */
const answersHoldMsMin = 10_000;

const granted: FilterDecision = { isAllowed: true, isWithheld: undefined };
const ignored: Verdict = { kind: 'ignore' };
/** For all devices without user name where these may come. */
const anybody: Decision = {
  kind: 'allow',
  admission: { method: 'anonymous', username: undefined, isSuperuser: false },
};

/** A refusal, with the name under which it is counted. */
export function denial(why: RefusalReason, reasonCode: ReasonCode): Extract<Decision, { readonly kind: 'deny' }> {
  return { kind: 'deny', reasonCode, why };
}
