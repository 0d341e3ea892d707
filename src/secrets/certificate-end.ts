// CertificateEnd: until when a certificate may be used, read out of its PEM;
// and until when a token may, read out of its claims. Neither is checked here:
// both are our own, and whoever is shown them does that.
import { X509Certificate } from 'node:crypto';

/** When the first certificate of a PEM ends, in ms since 1970; undefined where it cannot be read. */
export function endOfCertificate(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined; // TLS says what is wrong with it
  }
}

/** When a password that is a JSON web token ends, in ms since 1970; undefined for any other. */
export function endOfToken(password: string): number | undefined {
  const [, body = '', signature] = password.split('.');
  if (signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    const isObject = typeof claims === 'object' && claims !== null;
    return isObject && 'exp' in claims && typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined; // no token, but a password with dots
  }
}
