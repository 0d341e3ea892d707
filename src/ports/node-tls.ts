// NodeTls: TLS through Node, loaded only where TLS is used (it costs several megabytes). Certificates are verified
// unless the options say otherwise, and what is wrong with one is said in words: who signed it, for whom it is, when it
// expired.

import { Socket as NetSocket } from 'node:net';
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
  type TLSSocketOptions,
  type Server as TlsServer,
} from 'node:tls';
import { messageOf } from '../base/errors.ts';
import { ocspFault } from './node-ocsp.ts';
import type { DialOptions, TlsOptions } from './ports.ts';

/** Puts TLS onto a dialled socket; `secured` or an `error` event of the result follows. */
export function secure(socket: NetSocket, options: DialOptions, secured: (socket: TLSSocket) => void): TLSSocket {
  const tls = options.tls ?? {};
  let stapled: Uint8Array | undefined;
  const name = tls.serverName ?? options.host;
  const isAddress = /^[\d.]+$|:/.test(name);
  // the types of Node know `requestOCSP` of sockets alone
  const connectOptions: ConnectionOptions & Pick<TLSSocketOptions, 'requestOCSP'> = {
    ...contextOf(tls),
    ...preSharedOf(tls),
    socket,
    host: name,
    ...(isAddress ? {} : { servername: name }),
    rejectUnauthorized: tls.isPeerVerified ?? true,
    ...(tls.alpnProtocols === undefined ? {} : { ALPNProtocols: [...tls.alpnProtocols] }),
    requestOCSP: tls.ocsp !== undefined,
  };
  const secureSocket = connect(connectOptions, () => {
    const fault = tls.ocsp === undefined ? undefined : stapledFault(secureSocket, stapled, tls.ocsp);
    if (fault === undefined) secured(secureSocket);
    else secureSocket.destroy(Object.assign(new Error(fault), { code: ocspCode }));
  });
  secureSocket.once('OCSPResponse', (answer: Uint8Array | null) => {
    stapled = answer ?? undefined;
  });
  return secureSocket;
}

const ocspCode = 'ERR_VIADUCT_OCSP';

/** What is wrong with the answer of OCSP that the peer has stapled to its handshake. */
function stapledFault(
  socket: TLSSocket,
  answer: Uint8Array | undefined,
  mode: 'check' | 'require',
): string | undefined {
  if (answer === undefined) return mode === 'require' ? 'there is no answer of OCSP with the certificate' : undefined;
  const { raw: certificate, issuerCertificate } = socket.getPeerCertificate(true);
  const issuer = issuerCertificate?.raw;
  if (certificate === undefined || issuer === undefined) return 'who has signed the certificate is not known';
  return ocspFault(answer, { certificate, issuer }, Date.now());
}

/** What is wrong with the certificate of a peer that must have a fingerprint. */
export function fingerprintFault(socket: TLSSocket, wanted: string | undefined, where: string): string | undefined {
  if (wanted === undefined) return undefined;
  const { fingerprint256 = 'none' } = socket.getPeerCertificate();
  if (fingerprint256.toUpperCase() === wanted.toUpperCase()) return undefined;
  return `the certificate of ${where} has the fingerprint ${fingerprint256}, and ${wanted} is expected`;
}

function preSharedOf({ preSharedKey, ciphers }: TlsOptions): ConnectionOptions {
  if (preSharedKey === undefined) return {};
  const answer = { identity: preSharedKey.identity, psk: Buffer.from(preSharedKey.key, 'hex') };
  return {
    pskCallback: () => answer,
    ciphers: ciphers ?? 'PSK',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    checkServerIdentity: () => undefined,
  };
}

/** What becomes of sockets that came to a `TlsEntrance`. */
export interface TlsArrivals {
  secured(raw: NetSocket, socket: TLSSocket): void;
  /** `raw` is undefined when Node does not say whose handshake failed: it closes by itself then. */
  failed(raw: NetSocket | undefined, detail: string): void;
}

/** The server's side of TLS for sockets that somebody else accepted. Session tickets are on, as Node has them. */
export class TlsEntrance {
  readonly #server: TlsServer;
  #named: readonly (readonly [pattern: string, context: SecureContext])[];

  constructor(tls: TlsOptions, handshakeTimeoutMs: number, arrivals: TlsArrivals) {
    this.#named = namedContexts(tls);
    const isAsked = tls.isPeerVerified === true || tls.isCertificateRequired === true;
    this.#server = createServer({
      ...contextOf(tls),
      requestCert: isAsked,
      rejectUnauthorized: tls.isCertificateRequired ?? false,
      handshakeTimeout: handshakeTimeoutMs,
      SNICallback: (name, done) => done(null, this.#contextFor(name)),
      ...(tls.alpnProtocols === undefined ? {} : { ALPNProtocols: [...tls.alpnProtocols] }),
    });
    this.#server.on('secureConnection', (socket) => {
      const raw = rawOf(socket);
      const isWrong = tls.isPeerVerified === true && !socket.authorized && socket.getPeerCertificate().subject;
      if (isWrong) arrivals.failed(raw, `the client's certificate was refused: ${String(socket.authorizationError)}`);
      if (isWrong || raw === undefined) socket.destroy();
      else arrivals.secured(raw, socket);
    });
    this.#server.on('tlsClientError', (error, socket) => {
      arrivals.failed(rawOf(socket), handshakeError(error));
      socket.destroy();
    });
  }

  /** Begins the handshake of an accepted socket. */
  take(raw: NetSocket): void {
    this.#server.emit('connection', raw);
  }

  /** Other certificates, authorities, lists and ciphers for the handshakes to come; tickets of before are void. */
  update(tls: TlsOptions): void {
    const named = namedContexts(tls);
    this.#server.setSecureContext(contextOf(tls));
    this.#named = named;
  }

  /** The context of a name, of its pattern, or the listener's own one. */
  #contextFor(name: string): SecureContext | undefined {
    const wanted = name.toLowerCase();
    const pattern = wanted.replace(/^[^.]+/, '*');
    const found = (one: string): SecureContext | undefined => this.#named.find(([known]) => known === one)?.[1];
    return found(wanted) ?? found(pattern);
  }
}

function namedContexts(tls: TlsOptions): readonly (readonly [string, SecureContext])[] {
  return (tls.namedCertificates ?? []).map(({ serverName, ...own }) => {
    const { certificate, key, keyPassphrase, ...common } = tls;
    return [serverName.toLowerCase(), createSecureContext(contextOf({ ...common, ...own }))] as const;
  });
}

/** The socket below: Node has no public name for it. */
function rawOf(socket: TLSSocket): NetSocket | undefined {
  const raw: unknown = Reflect.get(socket, '_parent');
  return raw instanceof NetSocket ? raw : undefined;
}

/** What an error of a handshake at a listener means, in words. */
function handshakeError(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ECONNRESET: 'the client went away during the handshake',
    ERR_TLS_HANDSHAKE_TIMEOUT: 'the handshake was not done in time',
    ERR_SSL_HTTP_REQUEST: 'the client spoke HTTP instead of TLS',
    ERR_SSL_WRONG_VERSION_NUMBER: 'the client did not speak TLS',
    ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client offered only versions of TLS that are too old',
    ERR_SSL_NO_APPLICATION_PROTOCOL: 'the client offered no protocol (ALPN) that is spoken here',
    ERR_SSL_NO_SHARED_CIPHER: 'the client offered no cipher suite that is allowed here',
    ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'the client showed no certificate',
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the client does not trust our certificate',
    ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the client does not trust our certificate',
    ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the client does not accept our certificate',
  };
  // the words of OpenSSL stand between places in its source
  const plain = messageOf(error)
    .trim()
    .replace(/^\w+:error:\w+:[^:]*:[^:]*:([^:]+):.*$/s, '$1');
  return `${words[code] ?? plain}${code === '' ? '' : ` (${code})`}`;
}

/** What of TLS cannot be used. */
export type TlsPart = 'certificate' | 'key' | 'authorities' | 'revocations' | 'ciphers';

/** Something of TLS that cannot be used, and why, in words. */
export interface TlsFault {
  readonly part: TlsPart;
  readonly detail: string;
}

/** What is wrong with certificate and key themselves, in words; undefined when they can be used. */
export function tlsFault(tls: TlsOptions): string | undefined {
  const found = tlsPartFault(tls);
  return found && `TLS cannot be used: the ${found.part} ${found.detail}`;
}

/** The first part of TLS that cannot be used: each by itself, then certificate and key together. */
export function tlsPartFault(tls: TlsOptions): TlsFault | undefined {
  const { certificate, key, keyPassphrase, authorities, revocations, ciphers } = tls;
  const parts: readonly (readonly [TlsPart, TlsOptions | undefined])[] = [
    ['ciphers', ciphers === undefined ? undefined : { ciphers }],
    ['authorities', authorities === undefined ? undefined : { authorities }],
    ['revocations', revocations === undefined ? undefined : { revocations }],
    ['certificate', certificate === undefined ? undefined : { certificate }],
    ['key', key === undefined ? undefined : { key, ...(keyPassphrase === undefined ? {} : { keyPassphrase }) }],
    ['key', tls],
  ];
  for (const [part, options] of parts) {
    try {
      if (options === undefined) continue;
      createSecureContext(contextOf(options));
      if (options === tls) namedContexts(tls);
    } catch (error) {
      return { part, detail: partWords(error) };
    }
  }
  return undefined;
}

/** The words of OpenSSL about a part, in plain ones. */
function partWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'does not belong to the certificate',
    ERR_OSSL_BAD_DECRYPT: 'is encrypted, and the passphrase is another one',
    ERR_OSSL_EVP_BAD_DECRYPT: 'is encrypted, and the passphrase is another one',
    ERR_MISSING_PASSPHRASE: 'is encrypted, and there is no passphrase',
    ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED: 'is encrypted, and there is no passphrase',
    ERR_OSSL_PEM_NO_START_LINE: 'is no PEM',
    ERR_OSSL_UNSUPPORTED: 'is no PEM of a key',
    ERR_SSL_NO_CIPHER_MATCH: 'name no suite that OpenSSL knows',
  };
  return words[code] ?? `cannot be used: ${messageOf(error)}`;
}

/** What an error of a handshake means, in words. */
export function describeTlsError(error: Error, host: string): string {
  const code = 'code' in error ? String(error.code) : '';
  const certificate: unknown = 'cert' in error ? error.cert : undefined;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${host} has expired`;
    case 'CERT_NOT_YET_VALID':
      return `the certificate of ${host} is not valid yet; is the clock right?`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate is not for ${host} but for ${namesOf(certificate)}`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `the certificate of ${host} was not signed by a trusted authority (${code})`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return `${host} does not speak TLS on this port`;
    case ocspCode:
      return `the certificate of ${host} is not proven good: ${error.message}`;
    default:
      return `TLS with ${host} failed: ${messageOf(error)}`;
  }
}

function namesOf(certificate: unknown): string {
  const names =
    typeof certificate === 'object' && certificate !== null && 'subjectaltname' in certificate
      ? String(certificate.subjectaltname)
      : 'another name';
  return names.replaceAll(/DNS:|IP Address:/g, '');
}

function contextOf(tls: TlsOptions): SecureContextOptions {
  return {
    minVersion: tls.versionMin ?? 'TLSv1.2',
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.keyPassphrase === undefined ? {} : { passphrase: tls.keyPassphrase }),
    ...(tls.authorities === undefined ? {} : { ca: tls.authorities }),
    ...(tls.ciphers === undefined ? {} : { ciphers: tls.ciphers }),
    ...(tls.revocations === undefined ? {} : { crl: tls.revocations }),
  };
}
