// ReadStream: what Viaduct makes of a stream of bytes from a peer: scanner, codec, and, for PUBLISH and
// acknowledgements, the views of the message path, which must be of the codec's opinion.
import { AckView } from '../../protocol/wire/ack-frame.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { decodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import type { Packet } from '../../protocol/wire/packets.ts';
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { PublishView } from '../../protocol/wire/publish-view.ts';

/** Packets up to the first fault, and the fault. */
export interface ReadStream {
  readonly packets: readonly Packet[];
  readonly fault: Malformed | undefined;
}

/** Reads a stream. Throws if views and codec are not of one opinion. */
export function readStream(stream: Bytes, version: ProtocolVersion): ReadStream {
  const packets: Packet[] = [];
  let fault: Malformed | undefined;
  const scanFault = new FrameScanner(268_435_460).scan(stream, {
    frame: (bytes, start, bodyStart, end) => {
      const frame = bytes.subarray(start, end);
      const packet = decodePacket(frame, version);
      checkViews({ bytes, start, bodyStart, end }, packet, version);
      if (packet instanceof Malformed) {
        fault = packet;
        return false;
      }
      packets.push(packet);
      return true;
    },
  });
  return { packets, fault: fault ?? scanFault };
}

interface Frame {
  readonly bytes: Bytes;
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

function checkViews(
  { bytes, start, bodyStart, end }: Frame,
  packet: Packet | Malformed,
  version: ProtocolVersion,
): void {
  const type = (bytes[start] ?? 0) >> 4;
  if (type < 3 || type > 7) return;
  const view = type === 3 ? new PublishView() : new AckView();
  const fault = view.read(bytes, start, bodyStart, end, version);
  // where several things are wrong at once, each may name another one
  const isSame = packet instanceof Malformed === (fault !== undefined);
  if (!isSame) {
    const codec = packet instanceof Malformed ? packet.detail : 'fine';
    throw new Error(`codec says: ${codec}; view says: ${fault?.detail ?? 'fine'}`);
  }
}
