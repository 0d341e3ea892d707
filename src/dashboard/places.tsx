// Places: the pages there are, in the order of the side, with
// the role that each needs. The table is all that a new page
// has to enter.
import type { FunctionComponent } from 'preact';
import type { Role } from '../http/api-types.ts';
import { Bridges } from './pages/bridges.tsx';
import { Certificates } from './pages/certificates.tsx';
import { Clients } from './pages/clients.tsx';
import { Logs } from './pages/logs.tsx';
import { Overview } from './pages/overview.tsx';
import { Retained } from './pages/retained.tsx';
import { Subscriptions } from './pages/subscriptions.tsx';
import { Tap } from './pages/tap.tsx';
import type { IconName } from './parts/icon.tsx';
import { lazy } from './parts/lazy.tsx';

/** The names of the pages: the first part of their address. */
export type PlaceName =
  | 'overview'
  | 'bridges'
  | 'clients'
  | 'subscriptions'
  | 'retained'
  | 'tap'
  | 'access'
  | 'certificates'
  | 'configuration'
  | 'logs'
  | 'reference';

/** A page. */
export interface Place {
  readonly name: PlaceName;
  readonly group: 'watch' | 'messages' | 'manage';
  readonly icon: IconName;
  readonly role: Role;
  readonly page: FunctionComponent;
}

// what few look at is fetched when it is first wanted
const Access = lazy(async () => (await import('./pages/access.tsx')).Access);
const Configuration = lazy(async () => (await import('./pages/configuration.tsx')).Configuration);
const Reference = lazy(async () => (await import('./pages/reference.tsx')).Reference);

const overview: Place = { name: 'overview', group: 'watch', icon: 'overview', role: 'viewer', page: Overview };

/** All pages. */
export const places: readonly Place[] = [
  overview,
  { name: 'bridges', group: 'watch', icon: 'bridge', role: 'viewer', page: Bridges },
  { name: 'clients', group: 'watch', icon: 'clients', role: 'viewer', page: Clients },
  { name: 'logs', group: 'watch', icon: 'log', role: 'viewer', page: Logs },
  { name: 'tap', group: 'messages', icon: 'tap', role: 'viewer', page: Tap },
  { name: 'subscriptions', group: 'messages', icon: 'tree', role: 'viewer', page: Subscriptions },
  { name: 'retained', group: 'messages', icon: 'retained', role: 'viewer', page: Retained },
  { name: 'configuration', group: 'manage', icon: 'configuration', role: 'viewer', page: Configuration },
  { name: 'access', group: 'manage', icon: 'users', role: 'admin', page: Access },
  { name: 'certificates', group: 'manage', icon: 'certificate', role: 'viewer', page: Certificates },
  { name: 'reference', group: 'manage', icon: 'reference', role: 'viewer', page: Reference },
];

/** The page of a name; the overview for none and for unknown ones. */
export function placeOf(name: string | undefined): Place {
  return places.find((place) => place.name === name) ?? overview;
}
