// CertificateName: which part of a device's certificate names its user. A certificate
// that was verified is the proof: no password is asked for, and a user name in CONNECT
// counts for nothing. A part that is empty or no valid name names nobody.
import type { PeerCertificate } from '../ports/ports.ts';

/** Which part: the common name, the whole subject, or the first alternative name. */
export type CertificatePart = 'none' | 'common-name' | 'subject' | 'alternative-name';

/** The user that a certificate names; undefined when none, or when certificates name nobody. */
export function certificateUser(part: CertificatePart, certificate: PeerCertificate | undefined): string | undefined {
  const name = partOf(part, certificate);
  return name === undefined || name === '' || name.includes('\0') ? undefined : name;
}

function partOf(part: CertificatePart, certificate: PeerCertificate | undefined): string | undefined {
  switch (part) {
    case 'none':
      return undefined;
    case 'common-name':
      return certificate?.commonName;
    case 'subject':
      return certificate?.subject;
    case 'alternative-name':
      return certificate?.alternativeNames?.[0];
    default: {
      const never: never = part;
      return never;
    }
  }
}
