// HttpAccess: asks a web server who may connect, who is a superuser, and who may do what, with the keys of EMQX Edge
// (`auth.http_auth`). 200 allows, 204 or a body `ignore` leaves it to others, any other 4xx denies. What fails (no
// answer, 5xx, too slow) denies, unless `isFailureIgnored` leaves it to others; it is never remembered.
//
//   %u user name  %P password  %c client id  %a address  %p port  %r protocol  %C certificate's name  %d its subject
//   %A access (1 subscribe, 2 publish)  %t topic  %m mount point (empty)
//
// Bounded: questions underway by the port's connections, answers by `AnswerMemory`; a password stands in no key.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Http, HttpAnswer, HttpRequest } from '../ports/http.ts';
import type { TlsOptions } from '../ports/ports.ts';
import { keyedDigestOf } from '../secrets/digests.ts';
import type { AccessAction, Identity } from './acl.ts';
import { AnswerMemory } from './answer-memory.ts';
import type { Authorizer, Opinion } from './authorizer.ts';
import { type HttpQuestion, requestOf, type Values } from './http-question.ts';
import type { Login, LoginStep, Verdict } from './login.ts';

/** Whom to ask what. */
export interface HttpAccessOptions {
  /** Who may connect. */
  readonly login?: HttpQuestion;
  /** Who is a superuser; asked when `login` has allowed. */
  readonly superuser?: HttpQuestion;
  /** Who may publish or subscribe. */
  readonly topic?: HttpQuestion;
  /** Limit for an answer, in ms. Default 5000. */
  readonly timeoutMs: number;
  /** Limit for connecting, in ms. Default 5000. */
  readonly connectTimeoutMs: number;
  /** How long answers hold, in ms; 0 asks every time. Default 10,000. */
  readonly ttlMs: number;
  /** Connections to a server at a time, 1 to 1000. Default 32. */
  readonly connectionsMax: number;
  /** For `https:`. */
  readonly tls?: TlsOptions;
  /** A server that does not answer leaves the decision to others, instead of denying. Default false. */
  readonly isFailureIgnored: boolean;
}

/** What this needs of the world. */
export interface HttpAccessTools {
  readonly http: () => Promise<Http>;
  readonly log: Log;
  readonly now: () => number;
  /** 32 random bytes of this process. */
  readonly key: Bytes;
}

type Answer = 'allow' | 'deny' | 'ignore' | 'failed';

const answersMax = 10_000;

/** A web server that decides. */
export class HttpAccess implements LoginStep, Authorizer {
  readonly #options: HttpAccessOptions;
  readonly #tools: HttpAccessTools;
  readonly #answers: AnswerMemory<Answer>;

  constructor(options: HttpAccessOptions, tools: HttpAccessTools) {
    this.#options = options;
    this.#tools = tools;
    this.#answers = new AnswerMemory({ ttlMs: options.ttlMs, countMax: answersMax }, tools.now);
  }

  /** See `LoginStep`. */
  check(login: Login): Verdict | Promise<Verdict> {
    const question = this.#options.login;
    if (question === undefined) return { kind: 'ignore' };
    const answer = this.#ask(question, valuesOfLogin(login));
    return answer instanceof Promise
      ? answer.then((later) => this.#verdict(later, login))
      : this.#verdict(answer, login);
  }

  /** See `Authorizer`. */
  ask(identity: Identity, action: AccessAction, topic: string): Opinion | Promise<Opinion> {
    const question = this.#options.topic;
    if (question === undefined) return undefined;
    const answer = this.#ask(question, valuesOfTopic(identity, action, topic));
    return answer instanceof Promise ? answer.then((later) => this.#isAllowed(later)) : this.#isAllowed(answer);
  }

  #isAllowed(answer: Answer): Opinion {
    if (answer === 'failed') return this.#options.isFailureIgnored ? undefined : 'failed';
    return answer === 'ignore' ? undefined : answer === 'allow';
  }

  #verdict(answer: Answer, login: Login): Verdict | Promise<Verdict> {
    if (answer === 'failed' && !this.#options.isFailureIgnored) {
      return { kind: 'deny', reasonCode: ReasonCode.serverUnavailable, why: 'http-failed' };
    }
    if (answer === 'deny') return { kind: 'deny', reasonCode: ReasonCode.notAuthorized, why: 'http-denied' };
    if (answer !== 'allow') return { kind: 'ignore' };
    const question = this.#options.superuser;
    const isSuper = question === undefined ? 'deny' : this.#ask(question, valuesOfLogin(login));
    const admit = (later: Answer): Verdict => ({
      kind: 'allow',
      admission: { method: 'http', username: login.username, isSuperuser: later === 'allow' },
    });
    return isSuper instanceof Promise ? isSuper.then(admit) : admit(isSuper);
  }

  #ask(question: HttpQuestion, values: Values): Answer | Promise<Answer> {
    const { timeoutMs, connectTimeoutMs } = this.#options;
    const request = { ...requestOf(question, values), timeoutMs, connectTimeoutMs };
    // the question holds passwords, so it is remembered by its digest
    const key = keyedDigestOf(this.#tools.key, JSON.stringify(request)).toString('base64');
    return this.#answers.answerTo(key, async () => {
      const answer = await this.#enquire(request, values);
      return { answer, mayKeep: answer !== 'failed' };
    });
  }

  async #enquire(request: HttpRequest, { c: clientId }: Values): Promise<Answer> {
    try {
      const http = await this.#tools.http();
      return answerOf(await http.ask(request));
    } catch (error) {
      this.#tools.log.warn({ clientId, error: messageOf(error) }, 'the server that decides about access failed');
      return 'failed';
    }
  }
}

function answerOf({ status, body }: HttpAnswer): Answer {
  if (status === 204 || (status === 200 && body.trim() === 'ignore')) return 'ignore';
  if (status === 200) return 'allow';
  return status >= 400 && status < 500 ? 'deny' : 'failed';
}

function valuesOfLogin({ username, password, clientId, address, port, certificate }: Login): Values {
  return {
    u: username ?? '',
    P: password?.toString() ?? '',
    c: clientId,
    a: address,
    p: String(port),
    r: 'mqtt',
    C: certificate?.commonName ?? '',
    d: certificate?.subject ?? '',
    m: '',
  };
}

function valuesOfTopic(identity: Identity, action: AccessAction, topic: string): Values {
  return {
    u: identity.username ?? '',
    c: identity.clientId,
    a: identity.address ?? '',
    r: 'mqtt',
    A: action === 'subscribe' ? '1' : '2',
    t: topic,
    m: '',
  };
}
