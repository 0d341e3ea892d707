// NodeOcsp: whether an authority says that a certificate is good (RFC 6960), by the answer that the server staples to
// its handshake. Nobody is asked besides: a gateway may reach its broker and nothing else. An answer counts when it is
// about this certificate, signed by its authority or by a responder that the authority has named for it, and of now.
// Bounded by the answer.
import { createHash, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import { messageOf } from '../base/errors.ts';
import { type DerElement, DerTag, derElements, derIdentifier, derInside, derTime } from './der.ts';

/** How far clocks may be apart, in ms. */
const skewMs = 300_000;
const basicResponse = '1.3.6.1.5.5.7.48.1.1';
const signsForOcsp = '1.3.6.1.5.5.7.3.9';

/** By what a signature was made; those that are not here are not believed. */
const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/** By what an answer names its certificate. */
const nameDigests: Readonly<Record<string, string>> = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' };

/** A certificate and who has signed it, as DER. */
export interface OcspSubject {
  readonly certificate: Uint8Array;
  readonly issuer: Uint8Array;
}

/** What is wrong with an answer about a certificate, in words; undefined: its authority says that it is good. */
export function ocspFault(answer: Uint8Array, subject: OcspSubject, nowMs: number): string | undefined {
  try {
    return faultOf(answer, subject, nowMs);
  } catch (error) {
    return `the answer of OCSP cannot be read: ${messageOf(error)}`;
  }
}

function faultOf(answer: Uint8Array, subject: OcspSubject, nowMs: number): string | undefined {
  const [status, wrapped] = derInside(derElements(answer)[0]);
  if (status?.tag !== DerTag.enumerated || status.value[0] !== 0) return 'the authority gave no answer of OCSP';
  const [kind, octets] = derInside(derInside(wrapped, 0xa0)[0]);
  if (derIdentifier(kind) !== basicResponse || octets?.tag !== DerTag.octets)
    return 'the answer of OCSP is of no known kind';
  const [data, algorithm, signature, others] = derInside(derElements(octets.value)[0]);
  if (data === undefined) return 'the answer of OCSP is empty';
  const signer = signerOf(others, new X509Certificate(subject.issuer), nowMs);
  if (!isSigned({ data, algorithm, signature }, signer)) return 'the answer of OCSP is not signed by the authority';
  const responses = derInside(data).filter(({ tag }) => tag === DerTag.sequence);
  const mine = derInside(responses[0])
    .map((one) => derInside(one))
    .find(([id]) => isAbout(id, subject));
  if (mine === undefined) return 'the answer of OCSP is about another certificate';
  const [, state, from, until] = mine;
  if (derTime(from) > nowMs + skewMs) return 'the answer of OCSP is from the future; is the clock right?';
  const end = until?.tag === 0xa0 ? derTime(derElements(until.value)[0]) : undefined;
  if (end !== undefined && end < nowMs - skewMs) return 'the answer of OCSP is out of date; is the clock right?';
  if (state?.tag === 0x80) return undefined;
  return state?.tag === 0xa1
    ? 'the authority has taken the certificate back'
    : 'the authority does not know the certificate';
}

/** The responder that comes along, if the authority has made it one, for now; else the authority itself. */
function signerOf(others: DerElement | undefined, issuer: X509Certificate, nowMs: number): X509Certificate {
  if (others === undefined) return issuer;
  for (const { whole } of derInside(derInside(others, 0xa0)[0])) {
    const responder = new X509Certificate(whole);
    const isNamed = responder.checkIssued(issuer) && responder.verify(issuer.publicKey);
    const isOfNow =
      Date.parse(responder.validFrom) <= nowMs + skewMs && Date.parse(responder.validTo) >= nowMs - skewMs;
    if (isNamed && isOfNow && (responder.keyUsage ?? []).includes(signsForOcsp)) return responder;
  }
  return issuer;
}

interface Signed {
  readonly data: DerElement;
  readonly algorithm: DerElement | undefined;
  readonly signature: DerElement | undefined;
}

function isSigned({ data, algorithm, signature }: Signed, { publicKey }: X509Certificate): boolean {
  const digest = digests[derIdentifier(derInside(algorithm)[0])];
  if (digest === undefined || signature?.tag !== DerTag.bitString) return false;
  // the first byte counts unused bits, of which a signature has none
  if (signature.value[0] !== 0) return false;
  return verify(digest, data.whole, publicKey, signature.value.subarray(1));
}

/** Whether an answer names this certificate: by its number, and by name and key of who has signed it. */
function isAbout(id: DerElement | undefined, { certificate, issuer }: OcspSubject): boolean {
  const [algorithm, name, key, number] = derInside(id);
  const digest = nameDigests[derIdentifier(derInside(algorithm)[0])];
  if (digest === undefined || name === undefined || key === undefined || number === undefined) return false;
  const facts = factsOf(certificate);
  const hash = (bytes: Uint8Array): Uint8Array => createHash(digest).update(bytes).digest();
  const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
    one.length === other.length && timingSafeEqual(one, other);
  return (
    isSame(number.value, facts.number) &&
    isSame(name.value, hash(facts.issuerName)) &&
    isSame(key.value, hash(factsOf(issuer).key))
  );
}

/** What a certificate is named by: its number, the name of who has signed it, and its key. */
function factsOf(certificate: Uint8Array): { number: Uint8Array; issuerName: Uint8Array; key: Uint8Array } {
  const parts = derInside(derInside(derElements(certificate)[0])[0]);
  const at = parts[0]?.tag === 0xa0 ? 1 : 0;
  const [number, , issuerName, , , keyInfo] = parts.slice(at);
  const key = derInside(keyInfo)[1];
  if (number === undefined || issuerName === undefined || key === undefined) throw new RangeError('no certificate');
  return { number: number.value, issuerName: issuerName.whole, key: key.value.subarray(1) };
}
