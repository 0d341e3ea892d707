// Route: where the reader is, as the part of the address behind `#`: `#/bridges/plant7?tab=rules`. The
// server never sees it, so any file server can carry the pages. Pure; segments and values are percent-
// encoded.

/** A place in the pages. */
export interface Route {
  /** Empty at the overview: `['bridges', 'plant7']`. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** The place that an address names; what cannot be decoded is taken as it is. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const segments = path.split('/').filter((segment) => segment !== '');
  return { path: segments.map(decoded), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a place. */
export function addressOf(path: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // a stray percent sign in an address that somebody typed
    return segment;
  }
}
