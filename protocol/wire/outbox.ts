// hot path
// Outbox: where the protocol machines put the bytes that go to the peer. The machine writes a head straight into the
// outbox's own memory (no object, no small buffer per packet) and hands over payloads as views; the shell decides when
// all of it leaves in one gathered write. Bounded by the shell, which tells pressure apart from the machine.
import type { Bytes } from './bytes.ts';

/** A place for outgoing bytes; everything put in leaves in the order it was put in. */
export interface Outbox {
  /**
   * Makes room for `size` bytes and returns memory to write them to, starting at `position`. The caller writes and then
   * sets `position` behind its last byte, before any other call.
   */
  reserve(size: number): Bytes;
  /** Where the next byte goes in the memory that `reserve` returned. */
  position: number;
  /** Packets put in so far: whoever writes some counts them, those of a run in one go. */
  packets: number;
  /** Appends borrowed bytes (a payload): the outbox copies them, or refers to them until the end of the turn. */
  append(bytes: Bytes): void;
}
