// ClientsApi: devices and their sessions: list, look, kick. Lists are filtered before they are cut into pages;
// filters are parts of words, whatever their case.
// Bounded: a page a request.
import * as v from 'valibot';
import type { ClientView } from './api-broker-types.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';
import { flagParameter, onePage, pageOf, pageQuery } from './pages.ts';

const clientView = v.looseObject({ clientId: v.string(), isConnected: v.boolean(), queued: v.number() });
const part = v.optional(v.pipe(v.string(), v.maxLength(256)), '');

/** The endpoints. */
export const clientsApi: readonly Endpoint[] = [
  endpoint(
    {
      method: 'GET',
      path: '/clients',
      role: 'viewer',
      summary: 'Devices and their sessions',
      query: v.strictObject({
        ...pageQuery,
        clientid: part,
        username: part,
        address: part,
        isConnected: flagParameter,
      }),
      reply: pageOf(clientView),
    },
    ({ management, query }) => {
      const isPart = (text: string | undefined, wanted: string): boolean =>
        (text ?? '').toLowerCase().includes(wanted.toLowerCase());
      return onePage(
        management.clients.list(),
        query,
        (client: ClientView) =>
          isPart(client.clientId, query.clientid) &&
          isPart(client.username, query.username) &&
          isPart(client.address, query.address) &&
          (query.isConnected === undefined || query.isConnected === client.isConnected),
      );
    },
  ),
  endpoint(
    { method: 'GET', path: '/clients/:clientid', role: 'viewer', summary: 'One device', reply: clientView },
    ({ management, parameters: { clientid = '' } }) => management.clients.get(clientid) ?? missing(clientid),
  ),
  endpoint(
    {
      method: 'DELETE',
      path: '/clients/:clientid',
      role: 'operator',
      summary: 'Disconnect a device and forget its session',
      status: 204,
    },
    ({ management, parameters: { clientid = '' } }) => {
      if (!management.clients.kick(clientid)) missing(clientid);
    },
  ),
];

function missing(clientId: string): never {
  throw new HttpRefusal('NOT_FOUND', `there is no client ${clientId}`, 'clientid');
}
