// Which part of a certificate names the user, and when it names nobody. That a name counts only where the certificate
// was verified is shown on real sockets.
import t from 'tap';
import { type CertificatePart, certificateUser } from '../../../src/access/certificate-name.ts';
import type { PeerCertificate } from '../../../src/ports/ports.ts';

const shown: PeerCertificate = {
  commonName: 'gateway-7',
  subject: 'CN=gateway-7,O=Plant',
  alternativeNames: ['gw7.plant.example', '10.0.0.7'],
  fingerprint256: 'AB:CD',
  validTo: 0,
};

t.test('common name, subject or first alternative name is the user, as it was configured', (t) => {
  const named: readonly (readonly [CertificatePart, string | undefined])[] = [
    ['none', undefined],
    ['common-name', 'gateway-7'],
    ['subject', 'CN=gateway-7,O=Plant'],
    ['alternative-name', 'gw7.plant.example'],
  ];
  for (const [part, user] of named) {
    t.equal(certificateUser(part, shown), user, part);
    t.equal(certificateUser(part, undefined), undefined, `${part}, without a certificate`);
  }
  t.end();
});

t.test('a part that is empty, missing or no user name names nobody', (t) => {
  const { alternativeNames: _names, ...bare } = shown;
  t.equal(certificateUser('alternative-name', bare), undefined);
  t.equal(certificateUser('common-name', { ...shown, commonName: '' }), undefined);
  t.equal(certificateUser('common-name', { ...shown, commonName: 'admin\0' }), undefined);
  t.end();
});
