// CertificateFacts: what stands in a certificate: whose it is, who says so, and until when. Nothing is verified here.
// Of a file with several, the first one is told: the one that its owner shows.
// Bounded by the file.
import { X509Certificate } from 'node:crypto';

/** What a certificate says. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly alternativeNames: readonly string[];
  /** In ms since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly fingerprint256: string;
}

/** Reads the first certificate of a PEM text. Throws an Error when there is none. */
export function certificateFacts(pem: string): CertificateFacts {
  const { subject, issuer, subjectAltName, validFrom, validTo, fingerprint256 } = new X509Certificate(pem);
  return {
    subject: subject.replaceAll('\n', ', '),
    issuer: issuer.replaceAll('\n', ', '),
    alternativeNames: (subjectAltName ?? '').split(', ').filter((name) => name !== ''),
    validFrom: Date.parse(validFrom),
    validTo: Date.parse(validTo),
    fingerprint256,
  };
}
