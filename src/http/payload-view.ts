// PayloadView: a payload as people can read it: text where it is UTF-8 that can be shown, Base64 otherwise.
// A cut never splits a character.
// Bounded by `bytesMax`.
import { type Bytes, isUtf8Range } from '../../protocol/wire/bytes.ts';
import type { PayloadView } from './api-broker-types.ts';

/** The first `bytesMax` bytes of a payload. */
export function payloadView(payload: Bytes, bytesMax: number): PayloadView {
  const isCut = payload.length > bytesMax;
  if (!isUtf8Range(payload, 0, payload.length)) {
    return { encoding: 'base64', data: payload.subarray(0, bytesMax).toString('base64'), isCut };
  }
  let end = Math.min(payload.length, bytesMax);
  // not in the middle of a character: its later bytes begin with 10
  while (isCut && end > 0 && ((payload[end] ?? 0) & 0xc0) === 0x80) end--;
  return { encoding: 'text', data: payload.toString('utf8', 0, end), isCut };
}
