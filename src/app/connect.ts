// connect: a client with the ports of this process, the shortest way into
// Viaduct. Each call makes a client with ports of its own; clients share
// nothing but the process.
import { Client } from '../client/client.ts';
import type { ClientOptions } from '../client/client-options.ts';
import { nodePorts } from './node-ports.ts';

/** `Client.connect` on the real network: `await connect('mqtt://localhost')`. */
export function connect(
  url: string,
  options: Partial<ClientOptions> & { readonly signal?: AbortSignal } = {},
): Promise<Client> {
  return Client.connect(url, options, { ports: nodePorts() });
}
