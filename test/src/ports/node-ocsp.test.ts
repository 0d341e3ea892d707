// Answers of OCSP, as openssl makes them, about the certificate of the tests: which are believed, and what is said of
// the others. Whatever comes, nothing is thrown.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { ocspFault } from '../../../src/ports/node-ocsp.ts';
import { fixturePath } from '../../kit/fixtures.ts';

const rawOf = (name: string): Uint8Array => new X509Certificate(readFileSync(fixturePath(`tls/${name}.pem`))).raw;
const answerOf = (name: string): Uint8Array => readFileSync(fixturePath(`tls/ocsp/${name}.der`));
const subject = { certificate: rawOf('server'), issuer: rawOf('ca') };
const now = Date.UTC(2030, 0, 1);

t.test(
  'an answer of the authority, or of a responder that it has named, says that a certificate is good',
  async (t) => {
    for (const name of ['good', 'sha256', 'delegated'])
      t.equal(ocspFault(answerOf(name), subject, now), undefined, name);
  },
);

t.test('what is taken back, old, of somebody else or about another certificate is told and not believed', async (t) => {
  for (const [name, fault] of [
    ['revoked', /has taken the certificate back/],
    ['unknown', /does not know the certificate|has taken/],
    ['short', /is out of date/],
    ['otherca', /is not signed by the authority/],
    ['not-delegated', /is not signed by the authority/],
    ['another', /is about another certificate/],
  ] as const) {
    t.match(ocspFault(answerOf(name), subject, now) ?? 'believed', fault, name);
  }
  t.match(ocspFault(answerOf('good'), subject, Date.UTC(2020, 0, 1)), /is from the future/);
  const whenGone = Date.UTC(2300, 0, 1);
  t.match(
    ocspFault(answerOf('delegated'), subject, whenGone),
    /is not signed by the authority/,
    'nor by its responder',
  );
  t.match(ocspFault(answerOf('good'), { ...subject, certificate: rawOf('client') }, now), /about another certificate/);
});

t.test('an answer that was touched is never believed, and never throws', async (t) => {
  const good = answerOf('good');
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, isCut) => {
      const touched = Uint8Array.from(isCut ? good.subarray(0, at) : good);
      if (!isCut) touched[at] = (touched[at] ?? 0) ^ change;
      // the certificates that come along behind the signature matter to nobody here
      return ocspFault(touched, subject, now) !== undefined || (!isCut && at > 300);
    }),
    { numRuns: 600, examples: [[226, 1, false]] },
  );
  t.match(ocspFault(Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x06), subject, now), /gave no answer/);
});
