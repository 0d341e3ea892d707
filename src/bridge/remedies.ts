// Remedies: what a person can do about a connection that does not come about, by its cause, as data. The words of
// Node and OpenSSL are matched by their codes, refusals by their reason codes.
// What is not known has no remedy: better none than a wrong one.
import { ReasonCode } from '../../protocol/wire/reason-code.ts';

const byErrorCode: Readonly<Record<string, string>> = {
  ENOTFOUND: 'check the spelling of the host, and that this machine has a working name server',
  EAI_AGAIN: 'no name server answered: check the network and the name servers of this machine',
  ECONNREFUSED: 'check the port, and that the remote broker runs',
  ETIMEDOUT: 'no answer at all: a firewall, a wrong address, or no route',
  EHOSTUNREACH: 'there is no route: check gateway, VPN and address',
  ENETUNREACH: 'there is no route: check gateway, VPN and address',
  ECONNRESET: 'often TLS is expected there and not spoken, or spoken and not expected; or it is no port for MQTT',
  EPROTO: 'no TLS is spoken at this port: check the port, or use mqtt-tcp:// instead of tls+mqtt-tcp://',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'no TLS is spoken at this port: check the port, or use mqtt-tcp:// instead of tls+mqtt-tcp://',
  ERR_VIADUCT_OCSP: 'ask who runs the remote to staple answers of OCSP, or set ssl.ocsp = off and use ssl.crlfile',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'put certificate and key for this remote into ssl.certfile and ssl.keyfile',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'it may want a certificate (ssl.certfile and ssl.keyfile), or other suites (ssl.ciphers)',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the remote must know the authority of ssl.certfile: ask who runs it',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the remote must know the authority of ssl.certfile: ask who runs it',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'have the certificate of ssl.certfile renewed',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'have another certificate made for ssl.certfile: this one was taken back',
  CERT_HAS_EXPIRED: 'the certificate of the remote is out of date; if it is not, the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'set the clock of this machine: the certificate is from its future',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'put the certificate of the remote itself into ssl.cacertfile',
  SELF_SIGNED_CERT_IN_CHAIN: 'put the authority of the remote into ssl.cacertfile',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'put the authority of the remote into ssl.cacertfile',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'put the authority of the remote, with those in between, into ssl.cacertfile',
  ERR_TLS_CERT_ALTNAME_INVALID: 'use the name in the certificate as host, or state it as ssl.sni',
};

const byReasonCode: Readonly<Record<number, string>> = {
  [ReasonCode.unsupportedProtocolVersion]: 'try proto_ver = 4',
  [ReasonCode.clientIdentifierNotValid]: 'use another clientid: letters and digits, at most 23 of them to be safe',
  [ReasonCode.badUserNameOrPassword]: 'check username and password',
  [ReasonCode.notAuthorized]: 'the remote has to allow this to the user: check its access rules',
  [ReasonCode.badAuthenticationMethod]: 'the remote does not know this way to prove a name: remove auth_method',
  [ReasonCode.banned]: 'the remote has banned this client: ask who runs it',
  [ReasonCode.serverUnavailable]: 'the remote is not ready: try again later',
  [ReasonCode.serverBusy]: 'the remote has too much to do: try again later',
  [ReasonCode.quotaExceeded]: 'a limit of the remote is reached: ask who runs it',
  [ReasonCode.useAnotherServer]: 'connect to the server that it names instead',
  [ReasonCode.serverMoved]: 'connect to the server that it names instead',
  [ReasonCode.topicFilterInvalid]: 'the remote does not take this filter: check it against its rules',
  [ReasonCode.topicNameInvalid]: 'the remote does not take this topic: check it against its rules',
};

/** What to do about an error, or about what caused it; empty if that is not known. */
export function remedyOfError(error: unknown): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    const remedy = byErrorCode[code];
    if (remedy !== undefined) return remedy;
  }
  return '';
}

/** What to do about a refusal; empty if that is not known. */
export function remedyOfReason(reasonCode: number): string {
  return byReasonCode[reasonCode] ?? '';
}
