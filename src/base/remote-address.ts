// RemoteAddress: the address of a broker as people write it, `mqtt-tcp://host:1883`, in the spellings of EMQX Edge and
// in those of everybody else. What an address of MQTT cannot have (a path, a query, a password) is refused, not
// ignored.

/** Where a broker is. */
export interface RemoteAddress {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  /** 1 to 65535; default 1883, with TLS 8883. */
  readonly port: number;
  readonly isEncrypted: boolean;
}

const schemes: ReadonlyMap<string, boolean> = new Map([
  ['mqtt-tcp', false],
  ['mqtt', false],
  ['tcp', false],
  ['tls+mqtt-tcp', true],
  ['mqtts', true],
  ['ssl', true],
  ['tls', true],
]);

/** The address that `text` means, or what is wrong with it in words. */
export function parseRemoteAddress(text: string): RemoteAddress | string {
  const match = /^(?:([a-z0-9+-]+):\/\/)?(.*)$/i.exec(text.trim());
  const scheme = match?.[1]?.toLowerCase() ?? 'mqtt-tcp';
  const isEncrypted = schemes.get(scheme);
  if (isEncrypted === undefined) {
    return `unknown scheme '${scheme}://', expected one of ${[...schemes.keys()].join(', ')}`;
  }
  const rest = match?.[2]?.replace(/\/$/, '') ?? '';
  if (rest.includes('@')) return 'user name and password do not belong into the address';
  if (/[/?#]/.test(rest)) return 'an address of MQTT has no path, query or fragment';
  const parts = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^:\s[\]]+))(?::(\d+))?$/i.exec(rest);
  const host = parts?.[1] ?? parts?.[2];
  if (parts === null || host === undefined) return `'${text}' is no address, expected ${scheme}://host:port`;
  const port = parts[3] === undefined ? defaultPort(isEncrypted) : Number(parts[3]);
  if (port < 1 || port > 65_535) return `port ${port} is out of range, expected 1 to 65535`;
  return { host, port, isEncrypted };
}

/** `host:port`, with brackets around IPv6, for messages. */
export function describeAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function defaultPort(isEncrypted: boolean): number {
  return isEncrypted ? 8883 : 1883;
}
