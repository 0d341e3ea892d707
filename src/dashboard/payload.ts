// Payload: a message's bytes as people want to read them: as text, as laid-out
// JSON, or as hexadecimal with its characters beside. Pure. Bounded: `hexBytesMax`
// bytes are laid out.

/** How a payload can be shown. */
export type PayloadForm = 'text' | 'json' | 'hex';

/** A payload as it comes over the API. */
export interface EncodedPayload {
  readonly encoding: 'text' | 'base64';
  readonly data: string;
}

const hexBytesMax = 4096;

/** The payload in a form; what is no JSON stays text. */
export function payloadText(payload: EncodedPayload, form: PayloadForm): string {
  if (form === 'hex') return hexDump(payload);
  if (payload.encoding === 'base64') return hexDump(payload);
  return form === 'json' ? (laidOut(payload.data) ?? payload.data) : payload.data;
}

/** The form that shows a payload best. */
export function bestForm(payload: EncodedPayload): PayloadForm {
  if (payload.encoding === 'base64') return 'hex';
  return /^\s*[[{]/.test(payload.data) && laidOut(payload.data) !== undefined ? 'json' : 'text';
}

function laidOut(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    // no JSON, or cut
    return undefined;
  }
}

function hexDump({ encoding, data }: EncodedPayload): string {
  const bytes = encoding === 'text' ? new TextEncoder().encode(data) : Uint8Array.from(atob(data), codeOf);
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, hexBytesMax); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const characters = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${characters}`);
  }
  if (bytes.length > hexBytesMax) lines.push('…');
  return lines.join('\n');
}

function codeOf(character: string): number {
  return character.charCodeAt(0);
}
