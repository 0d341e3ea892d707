// ScramServer: one conversation of SCRAM-SHA-256 on the server's side. It learns whom the client claims to be, shows
// salt and rounds, checks the proof in constant time, and proves in turn that it knows the verifier.
//
//   first --client-first--> claimed (find the verifier) --server-first--> proving --client-final--> done
//
// A user who does not exist gets a conversation like any other, which fails at its end.
import { type Bytes, bytesOf, bytesOfText } from '../../protocol/wire/bytes.ts';
import { bytesOfBase64, digestOf, exclusiveOr, isSameSecret, keyedDigestOf } from './digests.ts';
import { attributesOf, type ScramVerifier, unescapeName } from './scram.ts';

/** Longest message taken, in bytes. */
const messageBytesMax = 4096;

/** One conversation. */
export class ScramServer {
  readonly #nonce: string;
  #header = '';
  #clientFirstBare = '';
  #serverFirst = '';
  #fullNonce = '';
  #verifier: ScramVerifier | undefined;

  /** `nonce`: at least 16 random bytes. */
  constructor(nonce: Bytes) {
    this.#nonce = nonce.toString('base64');
  }

  /** Takes the client's first message. Returns the user whom it claims to be; undefined when it is no such message. */
  claimed(message: Bytes): string | undefined {
    const text = message.length > messageBytesMax ? '' : message.toString();
    // [ny]: no channel binding; an authorisation identity is nothing that MQTT has
    const [, header, bare] = /^([ny],,)(.*)$/s.exec(text) ?? [];
    const attributes = attributesOf(bare ?? '');
    const nonce = attributes?.get('r');
    // m= is what a client demands that nobody defined yet
    if (header === undefined || bare === undefined || !nonce || attributes?.has('m')) return undefined;
    this.#header = header;
    this.#clientFirstBare = bare;
    this.#fullNonce = `${nonce}${this.#nonce}`;
    return unescapeName(attributes?.get('n') ?? '');
  }

  /** The server's first message, for the verifier of the user. */
  challenge(verifier: ScramVerifier): Bytes {
    this.#verifier = verifier;
    const { salt, iterations } = verifier;
    this.#serverFirst = `r=${this.#fullNonce},s=${salt.toString('base64')},i=${iterations}`;
    return bytesOfText(this.#serverFirst);
  }

  /** Checks the client's last message. Returns the server's, or undefined when the proof is wrong. */
  prove(message: Bytes): Bytes | undefined {
    const text = message.length > messageBytesMax ? '' : message.toString();
    const [withoutProof = '', proofText = ''] = text.split(',p=');
    const attributes = attributesOf(withoutProof);
    const proof = bytesOfBase64(proofText);
    const verifier = this.#verifier;
    const header = bytesOfText(this.#header).toString('base64');
    const isFitting = attributes?.get('c') === header && attributes.get('r') === this.#fullNonce;
    if (verifier === undefined || !isFitting || proof?.length !== 32) return undefined;
    const conversation = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const clientKey = exclusiveOr(proof, keyedDigestOf(verifier.storedKey, conversation));
    if (!isSameSecret(digestOf('sha256', clientKey), verifier.storedKey)) return undefined;
    const signature = keyedDigestOf(verifier.serverKey, conversation);
    return bytesOf(bytesOfText(`v=${signature.toString('base64')}`));
  }
}
