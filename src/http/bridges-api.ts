// BridgesApi: bridges as objects with the keys of the configuration file. A change is checked as the file would be,
// with the same words, and is kept in the overlay; what runs follows at once.
// Bounded: as the configuration is.
import * as v from 'valibot';
import { type Endpoint, endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import { bridgeView } from './overview-api.ts';

/** The endpoints. */
export const bridgesApi: readonly Endpoint[] = [
  endpoint(
    { method: 'GET', path: '/bridges', role: 'viewer', summary: 'All bridges', reply: v.array(bridgeView) },
    ({ management }) => management.bridges.list(),
  ),
  endpoint(
    { method: 'GET', path: '/bridges/:name', role: 'viewer', summary: 'One bridge', reply: bridgeView },
    ({ management, parameters: { name = '' } }) => management.bridges.get(name) ?? missing(name),
  ),
];

function missing(name: string): never {
  throw new HttpRefusal('NOT_FOUND', `there is no bridge ${name}`, 'name');
}
