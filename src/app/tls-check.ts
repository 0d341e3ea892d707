// TlsCheck: whether certificates, keys, authorities, lists and ciphers of a
// configuration can be used, before anything is opened with them. Node is
// asked; what that costs is loaded only where there is TLS.
import type { TlsFaultOf } from '../config/load.ts';
import type { TlsPart } from '../ports/node-tls.ts';
import { tlsOptionsOf } from './from-config.ts';

const keys: Readonly<Record<TlsPart, string>> = {
  certificate: 'certfile',
  key: 'keyfile',
  authorities: 'cacertfile',
  revocations: 'crlfile',
  ciphers: 'ciphers',
};

/** See `LoadRequest.tlsFaultOf`. */
export const tlsFaultOf: TlsFaultOf = async (tls, pems) => {
  const { tlsPartFault } = await import('../ports/node-tls.ts');
  const found = tlsPartFault(tlsOptionsOf(tls, pems));
  return found && { key: keys[found.part], detail: found.detail };
};
