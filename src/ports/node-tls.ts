// NodeTls: TLS through Node, loaded only where TLS is used (it costs several megabytes). Certificates are verified
// unless the options say otherwise, and what is wrong with one is said in words: who signed it, for whom it is, when it
// expired.
import type { Socket as NetSocket, Server } from 'node:net';
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type TLSSocket,
  Server as TlsServer,
} from 'node:tls';
import { messageOf } from '../base/errors.ts';
import type { DialOptions, ListenOptions, TlsOptions } from './ports.ts';

/** Puts TLS onto a dialled socket; `secured` or an `error` event of the result follows. */
export function secure(socket: NetSocket, options: DialOptions, secured: (socket: TLSSocket) => void): TLSSocket {
  const tls = options.tls ?? {};
  const name = tls.serverName ?? options.host;
  const isAddress = /^[\d.]+$|:/.test(name);
  const secureSocket = connect(
    {
      ...contextOf(tls),
      socket,
      host: name,
      ...(isAddress ? {} : { servername: name }),
      rejectUnauthorized: tls.isPeerVerified ?? true,
      ...(tls.alpnProtocols === undefined ? {} : { ALPNProtocols: [...tls.alpnProtocols] }),
    },
    () => secured(secureSocket),
  );
  return secureSocket;
}

/** A server that speaks TLS; sockets that fail their handshake never get to `accepted`. */
export function createTlsServer(options: ListenOptions, accepted: (socket: TLSSocket) => void): Server {
  const tls = options.tls ?? {};
  const server = createServer(
    {
      ...contextOf(tls),
      requestCert: tls.isPeerVerified === true || tls.isCertificateRequired === true,
      rejectUnauthorized: tls.isCertificateRequired ?? false,
      handshakeTimeout: options.handshakeTimeoutMs ?? 10_000,
      noDelay: true,
      ...(tls.alpnProtocols === undefined ? {} : { ALPNProtocols: [...tls.alpnProtocols] }),
    },
    (socket) => {
      const isWrong = tls.isPeerVerified === true && !socket.authorized && socket.getPeerCertificate().subject;
      if (isWrong) socket.destroy();
      else accepted(socket);
    },
  );
  return server;
}

/** Other certificates for the handshakes to come. */
export function updateTlsServer(server: Server, tls: TlsOptions): void {
  if (server instanceof TlsServer) server.setSecureContext(contextOf(tls));
}

/** What is wrong with certificate and key themselves, in words; undefined when they can be used. */
export function tlsFault(tls: TlsOptions): string | undefined {
  try {
    createSecureContext(contextOf(tls));
    return undefined;
  } catch (error) {
    return `certificate, key or authorities cannot be used: ${messageOf(error)}`;
  }
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
  };
}
