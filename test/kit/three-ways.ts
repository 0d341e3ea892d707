// ThreeWays: one stream of bytes, scanned whole, byte by byte, and with bytes of a further packet behind it. What
// comes of it must be the same each time.
import { type Bytes, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import type { Malformed } from '../../protocol/wire/malformed.ts';

/** What a scanner made of a stream. */
export interface Scanned {
  readonly frames: readonly string[];
  readonly fault: Malformed | undefined;
}

/** Scans a stream that comes in these chunks. */
export function scanChunks(chunks: readonly Bytes[], maximumPacketSize = 268_435_460): Scanned {
  const scanner = new FrameScanner(maximumPacketSize);
  const frames: string[] = [];
  for (const chunk of chunks) {
    const fault = scanner.scan(chunk, {
      frame: (bytes, start, _bodyStart, end) => {
        frames.push(bytes.subarray(start, end).toString('hex'));
        return true;
      },
    });
    if (fault) return { frames, fault };
  }
  return { frames, fault: undefined };
}

/** Every byte in a chunk of its own. */
export function bytesAlone(stream: Bytes): readonly Bytes[] {
  return Array.from(stream, (_byte, index) => copyOfBytes(stream, index, index + 1));
}

/** Scans a stream of whole frames in three ways; throws if they differ. Returns what came of it. */
export function scanThreeWays(stream: Bytes): Scanned {
  const whole = scanChunks([stream]);
  const alone = scanChunks(bytesAlone(stream));
  const trailed = scanChunks([joinBytes([stream, stream.subarray(0, 1)])]);
  for (const other of [alone, trailed]) {
    if (JSON.stringify(other) !== JSON.stringify(whole)) throw new Error('the ways of scanning differ');
  }
  return whole;
}
