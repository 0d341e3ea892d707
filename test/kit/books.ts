// Books: the law of conservation, as faults in words:
//
//   in = delivered + dropped(reason) + held, at every moment
//
// of a broker for every copy that a subscription called for, of a bridge for every rule, and what its rules say against
// what is in its queue. The fault names who lost count, and of what.

/** What a broker says of itself. */
export interface BrokerNumbers {
  readonly matched: number;
  readonly delivered: number;
  readonly held: number;
  readonly queued: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** What a bridge says of one rule. */
interface RuleNumbers {
  readonly from: string;
  readonly received: number;
  readonly delivered: number;
  readonly queued: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** What a bridge says of itself. */
export interface BridgeNumbers {
  readonly name: string;
  readonly queueDepth: number;
  readonly underway: number;
  readonly link: { readonly state: string };
  readonly forwards: readonly RuleNumbers[];
  readonly subscriptions: readonly RuleNumbers[];
}

/** What is wrong with the books of a broker. */
export function brokerFault({ matched, delivered, dropped, held, queued }: BrokerNumbers): string | undefined {
  const facts = `matched ${matched}, delivered ${delivered}, dropped ${JSON.stringify(dropped)}, held ${held}`;
  const off = matched - delivered - sumOf(dropped) - held;
  if (off !== 0)
    return `the books of a broker do not balance, ${Math.abs(off)} ${off > 0 ? 'lost' : 'invented'}: ${facts}`;
  return queued <= held ? undefined : `a broker has ${queued} in its queues and holds ${held}`;
}

/** What is wrong with the books of a bridge. */
export function bridgeFault(status: BridgeNumbers): string | undefined {
  const { name, link, forwards, subscriptions, queueDepth, underway } = status;
  for (const rule of [...forwards, ...subscriptions]) {
    const { from, received, delivered, dropped, queued } = rule;
    const facts = `received ${received}, delivered ${delivered}, dropped ${JSON.stringify(dropped)}, queued ${queued}`;
    const off = received - delivered - sumOf(dropped) - queued;
    if (off !== 0 || queued < 0) return `the books of ${from} of bridge ${name} do not balance: ${facts}`;
  }
  const inBooks = forwards.reduce((sum, { queued }) => sum + queued, 0);
  if (inBooks !== queueDepth) {
    const each = forwards.map(({ from, queued }) => `${from} ${queued}`).join(', ');
    return `the books of bridge ${name} say ${inBooks} (${each}), its queue ${queueDepth}`;
  }
  if (underway <= queueDepth || link.state === 'closed') return undefined;
  return `bridge ${name} has ${underway} underway and holds ${queueDepth}`;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
