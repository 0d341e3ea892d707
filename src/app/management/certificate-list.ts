// CertificateList: the certificates that the configuration names, who uses them, and until when they are valid. The
// texts are those that were read with the configuration; keys are not looked at.
// Bounded by the configuration.
import { messageOf } from '../../base/errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { TlsConfig } from '../../config/tls-config.ts';
import type { CertificateView } from '../../http/api-types.ts';
import { type CertificateFacts, certificateFacts } from '../../secrets/certificate-facts.ts';

const unreadable: CertificateFacts = {
  subject: '',
  issuer: '',
  alternativeNames: [],
  validFrom: 0,
  validTo: 0,
  fingerprint256: '',
};

/** All of them, each once. */
export function certificatesOf({ config, pems }: LoadedConfig): readonly CertificateView[] {
  const users = new Map<string, string[]>();
  const add = (user: string, tls: TlsConfig | undefined): void => {
    const named = (tls?.namedCertificates ?? []).map(({ certificateFile }) => certificateFile);
    for (const file of [tls?.certificateFile, tls?.authoritiesFile, ...named]) {
      if (file !== undefined) users.set(file, [...(users.get(file) ?? []), user]);
    }
  };
  for (const { name, tls } of config.listeners) add(`listener ${name}`, tls);
  for (const { name, tls } of config.bridges) add(`bridge ${name}`, tls);
  add('http_server', config.http?.tls);
  return [...users].map(([file, usedBy]) => {
    try {
      return { file, usedBy, ...certificateFacts(pems.get(file) ?? '') };
    } catch (error) {
      return { file, usedBy, ...unreadable, error: messageOf(error) };
    }
  });
}
