// ProxyAddress: a proxy as people write it, `socks5://user:password@host:1080` or `http://host:3128`, for bridges and
// for the command line. The name of the server is always resolved by the proxy, so that `socks5h` means the same. What
// a proxy cannot have (a path, a query) is refused, not ignored.

/** A proxy on the way to a server. */
export interface ProxyAddress {
  readonly kind: 'socks5' | 'http';
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  /** 1 to 65535; default 1080 for SOCKS5, 80 for HTTP. */
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** What is expected, in words. */
export const proxyExpected = 'a proxy, as socks5://user:password@host:1080 or http://host:3128';

/** The proxy that `text` means; undefined if it means none. */
export function parseProxyAddress(text: string): ProxyAddress | undefined {
  if (!/^(socks5h?|http):\/\/[^/?#]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  // what follows `%` must be a byte of UTF-8
  if (decoded(text) === undefined) return undefined;
  const { protocol, hostname, port, username, password } = new URL(text);
  const kind = protocol === 'http:' ? 'http' : 'socks5';
  const host = hostname.replace(/^\[|\]$/g, '');
  const number = Number(port === '' ? (kind === 'http' ? 80 : 1080) : port);
  if (host === '' || number === 0) return undefined;
  return {
    kind,
    host,
    port: number,
    ...(username === '' ? {} : { username: decoded(username) ?? '' }),
    ...(password === '' ? {} : { password: decoded(password) ?? '' }),
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // a URIError says no more than this
    return undefined;
  }
}
