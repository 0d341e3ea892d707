// RemoteAddress: the address of a broker as people write it, `mqtt-tcp://host:1883`, in the spellings of EMQX Edge and
// in those of everybody else; `ws://host:8083/mqtt` for WebSocket, `unix:///path` for a Unix socket. What an address
// cannot have (a path without WebSocket, a password) is refused, not ignored.

/** Where a broker is. */
export interface RemoteAddress {
  /** Name or address; IPv6 without brackets. Empty for a Unix socket. */
  readonly host: string;
  /** 1 to 65535; default 1883, with TLS 8883, over WebSocket 80 and 443. 0 for a Unix socket. */
  readonly port: number;
  readonly isEncrypted: boolean;
  /** Present: MQTT over WebSocket, at this path; default `/mqtt`. */
  readonly webSocket?: { readonly path: string };
  /** Present: a Unix socket. */
  readonly socketPath?: string;
}

interface Scheme {
  readonly isEncrypted: boolean;
  readonly port: number;
  readonly isWebSocket?: true;
}

const plain: Scheme = { isEncrypted: false, port: 1883 };
const secured: Scheme = { isEncrypted: true, port: 8883 };

const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['mqtt-tcp', plain],
  ['mqtt', plain],
  ['tcp', plain],
  ['tls+mqtt-tcp', secured],
  ['mqtts', secured],
  ['ssl', secured],
  ['tls', secured],
  ['ws', { isEncrypted: false, port: 80, isWebSocket: true }],
  ['wss', { isEncrypted: true, port: 443, isWebSocket: true }],
]);

/** The address that `text` means, or what is wrong with it in words. */
export function parseRemoteAddress(text: string): RemoteAddress | string {
  const match = /^(?:([a-z0-9+-]+):\/\/)?(.*)$/i.exec(text.trim());
  const name = match?.[1]?.toLowerCase() ?? 'mqtt-tcp';
  const rest = match?.[2] ?? '';
  if (name === 'unix') return unixAddress(rest);
  const scheme = schemes.get(name);
  if (scheme === undefined) {
    return `unknown scheme '${name}://', expected one of ${[...schemes.keys(), 'unix'].join(', ')}`;
  }
  if (rest.includes('@')) return 'user name and password do not belong into the address';
  const [, place = '', path = ''] = /^([^/?#]*)(.*)$/.exec(rest) ?? [];
  const pathFault = faultOfPath(path, scheme);
  if (pathFault !== undefined) return pathFault;
  const parts = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^:\s[\]]+))(?::(\d+))?$/i.exec(place);
  const host = parts?.[1] ?? parts?.[2];
  if (parts === null || host === undefined) return `'${text}' is no address, expected ${name}://host:port`;
  const port = parts[3] === undefined ? scheme.port : Number(parts[3]);
  if (port < 1 || port > 65_535) return `port ${port} is out of range, expected 1 to 65535`;
  const address = { host, port, isEncrypted: scheme.isEncrypted };
  if (scheme.isWebSocket === undefined) return address;
  return { ...address, webSocket: { path: path === '' ? '/mqtt' : path.startsWith('/') ? path : `/${path}` } };
}

function faultOfPath(path: string, { isWebSocket }: Scheme): string | undefined {
  if (isWebSocket) return path.includes('#') ? 'an address has no fragment' : undefined;
  return path === '' || path === '/' ? undefined : 'an address of MQTT has no path, query or fragment';
}

function unixAddress(path: string): RemoteAddress | string {
  if (!path.startsWith('/')) return 'a Unix socket is named by its whole path, as unix:///run/broker.sock';
  return { host: '', port: 0, isEncrypted: false, socketPath: path };
}

/** `host:port` with brackets around IPv6, or `unix:path`, for messages. */
export function describeRemote(remote: Pick<RemoteAddress, 'host' | 'port' | 'socketPath'>): string {
  return remote.socketPath === undefined ? describeAddress(remote.host, remote.port) : `unix:${remote.socketPath}`;
}

/** `host:port`, with brackets around IPv6, for messages. */
export function describeAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
