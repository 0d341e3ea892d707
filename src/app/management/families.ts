// Families: all endpoints of the API, in the order in which its document shows them. `/api/v1` is ours.
// What endpoints need beyond the management comes to them here, once.
// Bounded: it is a fixed list.
import { brokerVersion } from '../../broker/broker-version.ts';
import type { ApiFamily } from '../../http/api-server.ts';
import type { AuditLog } from '../../http/audit-log.ts';
import type { Authentication } from '../../http/authentication.ts';
import { bridgeQueueApi } from '../../http/bridge-queue-api.ts';
import { bridgesApi } from '../../http/bridges-api.ts';
import { clientsApi } from '../../http/clients-api.ts';
import { configApi } from '../../http/config-api.ts';
import { deadLettersApi } from '../../http/dead-letters-api.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { ledgerApi } from '../../http/ledger-api.ts';
import { liveApi } from '../../http/live-api.ts';
import type { LiveFeed } from '../../http/live-feed.ts';
import type { LogRing } from '../../http/log-ring.ts';
import { logsApi } from '../../http/logs-api.ts';
import { messagesApi } from '../../http/messages-api.ts';
import { openApi } from '../../http/open-api.ts';
import { overviewApi } from '../../http/overview-api.ts';
import { replayApi } from '../../http/replay-api.ts';
import { rightsApi } from '../../http/rights-api.ts';
import { ApiRouter } from '../../http/router.ts';
import { rulesApi } from '../../http/rules-api.ts';
import { sessionApi } from '../../http/session-api.ts';
import { v4Api } from '../../http/v4-api.ts';
import { v4Refusal } from '../../http/v4-words.ts';

/** What endpoints are made with. */
export interface FamilyParts {
  readonly authentication: Authentication;
  readonly feed: LiveFeed;
  readonly log: LogRing;
  readonly audit: AuditLog;
}

/** The endpoints of `/api/v1`. */
export function endpointsOf({ authentication, feed, log, audit }: FamilyParts): readonly Endpoint[] {
  return [
    ...sessionApi(authentication),
    ...overviewApi,
    ...bridgesApi,
    ...rulesApi,
    ...ledgerApi,
    ...bridgeQueueApi,
    ...deadLettersApi,
    ...replayApi,
    ...clientsApi,
    ...messagesApi,
    ...configApi,
    ...rightsApi(audit),
    ...liveApi(feed),
    ...logsApi(log),
  ];
}

/** Everything that is served below `/api`. */
export function familiesOf(parts: FamilyParts): readonly ApiFamily[] {
  const own = endpointsOf(parts);
  const all: readonly Endpoint[] = [...own, openApi(brokerVersion, () => all)];
  return [
    { base: '/api/v1', router: new ApiRouter(all), mayUsePassword: false },
    { base: '/api/v4', router: new ApiRouter(v4Api), mayUsePassword: true, refusal: v4Refusal },
  ];
}
