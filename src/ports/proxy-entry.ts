// ProxyEntry: reads the PROXY header that an accepted connection begins with. What follows
// it belongs to the client and is handed on. Bounded by the longest header that the parser
// takes; the time is bounded by who accepted the connection.
import type { Socket as NetSocket } from 'node:net';
import { type Bytes, bytesOf, joinBytes } from '../../protocol/wire/bytes.ts';
import { type AddressRange, isInRanges, parseAddressRange } from '../base/address-range.ts';
import { type ProxyHeader, parseProxyHeader } from '../base/proxy-header.ts';
import type { ToldPeer } from './node-socket.ts';

/** What comes of reading: the header and what came behind it, or what is wrong. */
export type ProxyOutcome = (header: ProxyHeader | string, rest: Bytes | undefined) => void;

/** Reads the header; `raw` is paused when `done` is called, inside an event of `raw`. */
export function readProxyHeader(raw: NetSocket, done: ProxyOutcome): void {
  let collected: Bytes | undefined;
  const take = (chunk: Uint8Array): void => {
    collected = collected === undefined ? bytesOf(chunk) : joinBytes([collected, bytesOf(chunk)]);
    const header = parseProxyHeader(collected);
    if (header === undefined) return;
    raw.off('data', take);
    raw.pause();
    const isRest = typeof header !== 'string' && header.length < collected.length;
    done(header, isRest ? collected.subarray(header.length) : undefined);
  };
  raw.on('data', take);
  raw.resume();
}

/** Whether a peer may speak for others; one on a Unix socket may. */
export function isTrustedProxy(raw: NetSocket, sources: readonly AddressRange[], isUnix: boolean): boolean {
  return isUnix || isInRanges(raw.remoteAddress ?? '', sources);
}

/** Ranges out of their texts. What is none trusts nobody: the configuration has checked them. */
export function rangesOf(texts: readonly string[]): readonly AddressRange[] {
  return texts.map(parseAddressRange).filter((range) => range !== undefined);
}

/** The client that a header names. */
export function peerOf(header: ProxyHeader): ToldPeer | undefined {
  const { source, isEncrypted, commonName } = header;
  if (source === undefined) return undefined;
  const certificate =
    commonName === undefined
      ? {}
      : { certificate: { commonName, subject: `CN=${commonName}`, fingerprint256: '', validTo: 0 } };
  return { ...source, isEncrypted, ...certificate };
}
