// ApiEndpoints: the endpoints of our API as data, and paths that lead to something, for tests that hold all of them
// to a rule.
import { endpointsOf } from '../../src/app/management/families.ts';
import { AuditLog } from '../../src/http/audit-log.ts';
import { Authentication } from '../../src/http/authentication.ts';
import type { Endpoint } from '../../src/http/endpoint.ts';
import { LiveFeed } from '../../src/http/live-feed.ts';
import { LogRing } from '../../src/http/log-ring.ts';
import { Sessions } from '../../src/http/sessions.ts';
import { WebUsers } from '../../src/http/web-users.ts';
import { MemoryDisk } from './memory-disk.ts';
import { adminPassword } from './web.ts';
import { World } from './world.ts';

/** All endpoints of `/api/v1`, but for its own document. */
export async function allEndpoints(): Promise<readonly Endpoint[]> {
  const world = new World();
  const sessions = new Sessions(world.ports, () => undefined);
  const tools = { disk: new MemoryDisk(), random: world.ports.random, wallMs: () => 0 };
  const users = await WebUsers.open('/u.json', tools, { username: 'admin', password: adminPassword }, () => undefined);
  const log = new LogRing(world.log, 'info', () => 0);
  const authentication = new Authentication(users, sessions, world.clock);
  return endpointsOf({ authentication, feed: new LiveFeed(), log, audit: new AuditLog(log, () => 0) });
}

/** A path of an endpoint that leads to something, where there is a bridge `site`. */
export function pathOf({ path }: Endpoint): string {
  const filled = path
    .replace('/bridges/:name', '/bridges/site')
    .replace('/history/:id', '/history/1')
    .replace('/rules/:list', '/rules/forwards')
    .replace('/:place', '/0');
  const query = path === '/tap' ? '?filter=x' : path === '/retained/message' ? '?topic=x' : '';
  return `/api/v1${filled.replaceAll(/:\w+/g, 'x')}${query}`;
}
