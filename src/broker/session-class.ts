// SessionClass: sessions that are alike by their client id or user name, and what holds for them instead of what holds
// for all: how safe their messages are, and how many may wait. The first class that fits counts; what it does not say
// is as for the listener, and what that does not say as for the broker.
import type { Durability } from '../base/durability.ts';
import type { AgeTerms } from '../queue/age-limit.ts';
import type { OverflowPolicy } from '../queue/overflow.ts';
import type { QueueLimits } from '../queue/queue.ts';

/** What a session is held to; see `BrokerOptions`. */
export interface SessionTerms {
  readonly durability: Durability;
  readonly queueCountMax: number;
  readonly queueBytesMax: number;
  readonly queueOverflow: OverflowPolicy;
  readonly queueAgeMsMax?: number;
}

/** One class. */
export interface SessionClass extends Partial<SessionTerms> {
  /** For people. */
  readonly name: string;
  /** Client ids that belong to it; `*` stands for any characters. Default all. */
  readonly clientIds?: readonly string[];
  /** User names that belong to it, in the same form. Default all, and devices without one. */
  readonly usernames?: readonly string[];
}

/** The terms of a session; where no class fits, `options` itself. `durability`: as it was in an earlier process. */
export function sessionTermsOf(
  options: SessionTerms & { readonly sessionClasses: readonly SessionClass[] },
  clientId: string,
  username: string | undefined,
  durability: Durability = options.durability,
): SessionTerms {
  const found = options.sessionClasses.find(
    ({ clientIds, usernames }) => fits(clientIds, clientId) && fits(usernames, username),
  );
  // most have no class, and share one object
  if (found === undefined && durability === options.durability) return options;
  const { queueCountMax, queueBytesMax, queueOverflow } = options;
  const queueAgeMsMax = found?.queueAgeMsMax ?? options.queueAgeMsMax;
  return {
    durability: found?.durability ?? durability,
    queueCountMax: found?.queueCountMax ?? queueCountMax,
    queueBytesMax: found?.queueBytesMax ?? queueBytesMax,
    queueOverflow: found?.queueOverflow ?? queueOverflow,
    ...(queueAgeMsMax === undefined ? {} : { queueAgeMsMax }),
  };
}

/** The bounds of the queue of a session. */
export function queueLimitsOf(terms: SessionTerms, clock: AgeTerms['clock']): QueueLimits {
  const { queueCountMax: countMax, queueBytesMax: bytesMax, queueOverflow: overflow, queueAgeMsMax: msMax } = terms;
  return { countMax, bytesMax, overflow, ...(msMax === undefined ? {} : { age: { clock, msMax } }) };
}

function fits(patterns: readonly string[] | undefined, text: string | undefined): boolean {
  return patterns === undefined || (text !== undefined && patterns.some((pattern) => isLike(pattern, text)));
}

/** Whether a text has the pieces of a pattern in their order, from its beginning to its end. */
function isLike(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}
