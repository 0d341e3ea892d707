// FlowKeeper: whoever remembers the flows of a session beyond the process. A step of QoS 2 that must not be forgotten
// is told before the packet leaves that makes it final, and that packet leaves when the keeper says so. Without a
// keeper a session lives as long as its process, and nothing waits.

/** Remembers flows. `done` may be called at once, or later; never if it cannot be remembered. */
export interface FlowKeeper {
  /**
   * A QoS 2 message is about to be handed over: its identifier is to be remembered together with it, so that after a
   * restart both are there or none.
   */
  received(packetId: number): void;
  /** The message was refused: its identifier means nothing any more. */
  refused(packetId: number): void;
  /** PUBREL came: the identifier may be used for another message. PUBCOMP waits for `done`. */
  forgotten(packetId: number, done: () => void): void;
  /** PUBREC came for the message of a token: the peer owns it. PUBREL waits for `done`. */
  released(token: number, done: () => void): void;
  /**
   * The messages of these identifiers go to another peer: all that is left here is that this one is to forget them.
   */
  moved(packetIds: readonly number[]): void;
  /**
   * The message of an identifier, which the peer may have, is not sent any more: all that is left is that the peer is
   * to forget it. PUBREL waits for `done`.
   */
  forgone(packetId: number, done: () => void): void;
  /** The peer settled the message of a token, 0 for one that was moved: nothing of its flow is needed any more. */
  settled(token: number, packetId: number): void;
  /** The session is over: all flows are void. */
  reset(): void;
}
