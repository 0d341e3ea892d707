// SubscriptionManager: who subscribes to what, as a list and as a tree of topic levels. Both are worked out from the
// sessions when somebody asks; the tree one level at a time, so that a page can open it branch by branch.
// Bounded: `levelsMax` levels side by side, `clientsMax` client ids at one.
import type { Broker } from '../../broker/broker.ts';
import type { SubscriptionView, TopicLevel, TopicTreeReply } from '../../http/api-broker-types.ts';
import type { SubscriptionManagement } from '../../http/management.ts';

const levelsMax = 1000;
const clientsMax = 100;

interface Branch {
  readonly clients: string[];
  subscriptions: number;
  subscriptionsBelow: number;
  hasChildren: boolean;
}

/** Looks at subscriptions. */
export class SubscriptionManager implements SubscriptionManagement {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** See `SubscriptionManagement`. */
  *list(): Generator<SubscriptionView, void, void> {
    for (const { session } of this.#broker.devices()) {
      for (const filter of session.subscriptions.keys()) {
        const options = session.subscriptions.get(filter);
        if (options === undefined) continue;
        const { qos, isNoLocal, isRetainAsPublished, identifier } = options;
        yield {
          clientId: session.origin.name,
          filter,
          qos,
          isNoLocal,
          isRetainAsPublished,
          ...(identifier > 0 ? { identifier } : {}),
          isSuspended: session.suspended?.has(filter) === true,
        };
      }
    }
  }

  /** See `SubscriptionManagement`. */
  tree(under: string): TopicTreeReply {
    const prefix = under === '' ? [] : under.split('/');
    const branches = new Map<string, Branch>();
    let leftOut = 0;
    for (const { session } of this.#broker.devices()) {
      for (const filter of session.subscriptions.keys()) {
        const levels = filter.split('/');
        const level = levels[prefix.length];
        if (level === undefined || prefix.some((one, index) => one !== levels[index])) continue;
        let branch = branches.get(level);
        if (branch === undefined && branches.size >= levelsMax) {
          leftOut++;
          continue;
        }
        branch ??= { clients: [], subscriptions: 0, subscriptionsBelow: 0, hasChildren: false };
        branches.set(level, branch);
        count(branch, session.origin.name, levels.length === prefix.length + 1);
      }
    }
    const levels = [...branches].map(
      ([level, branch]): TopicLevel => ({
        level,
        path: [...prefix, level].join('/'),
        ...branch,
      }),
    );
    levels.sort((one, other) => (one.level < other.level ? -1 : 1));
    return { under, levels, leftOut };
  }
}

function count(branch: Branch, clientId: string, isHere: boolean): void {
  branch.subscriptionsBelow++;
  if (!isHere) {
    branch.hasChildren = true;
    return;
  }
  branch.subscriptions++;
  if (branch.clients.length < clientsMax) branch.clients.push(clientId);
}
