// DialOptions of a client: what its address and its options say about the way to the
// server. TLS options count only where the address asks for TLS, headers only for
// WebSocket, a proxy not for Unix sockets.
import type { RemoteAddress } from '../base/remote-address.ts';
import type { DialOptions } from '../ports/ports.ts';
import type { ClientOptions } from './client-options.ts';

/** How the server is dialled. */
export function dialOptionsOf(address: RemoteAddress, options: ClientOptions): DialOptions {
  const { isEncrypted, webSocket, ...where } = address;
  const { connectTimeoutMs: timeoutMs, tls = {}, headers, proxy, localAddress } = options;
  return {
    ...where,
    timeoutMs,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(isEncrypted ? { tls } : {}),
    ...(proxy === undefined || address.socketPath !== undefined ? {} : { proxy }),
    ...(webSocket === undefined ? {} : { webSocket: { ...webSocket, ...(headers === undefined ? {} : { headers }) } }),
  };
}
