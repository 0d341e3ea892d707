// ApiRouter: which endpoint a request is for. The paths of all endpoints are compiled once; an unknown path and an
// unknown method of a known path are told apart. Path parameters are decoded here, once.
// Bounded by the endpoints, which are a fixed list.
import { addRoute, createRouter, findRoute, type RouterContext } from 'rou3';
import type { Endpoint } from './endpoint.ts';
import { HttpRefusal } from './http-refusal.ts';

/** An endpoint, and what stands in its path. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly parameters: Readonly<Record<string, string>>;
}

/** All endpoints below one base. */
export class ApiRouter {
  readonly #router: RouterContext<Endpoint> = createRouter<Endpoint>();
  readonly #methods: readonly string[];

  constructor(endpoints: readonly Endpoint[]) {
    for (const endpoint of endpoints) addRoute(this.#router, endpoint.method, endpoint.path, endpoint);
    this.#methods = [...new Set(endpoints.map(({ method }) => method))];
  }

  /** Finds the endpoint. Throws HttpRefusal: 404 or 405. */
  find(method: string, path: string): Route {
    const asked = method === 'HEAD' ? 'GET' : method;
    const found = findRoute(this.#router, asked, path);
    if (found !== undefined) return { endpoint: found.data, parameters: decoded(found.params ?? {}) };
    const others = this.#methods.filter((one) => findRoute(this.#router, one, path) !== undefined);
    if (others.length === 0) throw new HttpRefusal('NOT_FOUND', 'there is nothing at this path');
    throw new HttpRefusal('METHOD', `expected one of ${others.join(', ')}`);
  }
}

function decoded(parameters: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(parameters)) {
    try {
      texts[name] = decodeURIComponent(value);
    } catch {
      throw new HttpRefusal('BAD_REQUEST', 'expected percent signs with two hexadecimal digits', name);
    }
  }
  return texts;
}
