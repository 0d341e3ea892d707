// FuzzCase: one attempt to break something, as data that can be stored, made smaller and played again. Conversations
// are steps of several peers; texts are a configuration or a topic mapping.
import type { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';

/** What one peer does, or that time passes. */
export type Step =
  /** Bytes, in chunks of so many; the peer connects first if it is not connected. */
  | { readonly do: 'send'; readonly peer: number; readonly hex: string; readonly chunk: number }
  | { readonly do: 'cut'; readonly peer: number }
  | { readonly do: 'wait'; readonly ms: number };

/** Peers that say anything to a broker, or a server that says anything to a client or a bridge. */
export interface Conversation {
  readonly target: 'broker' | 'client' | 'bridge';
  readonly version: ProtocolVersion;
  readonly steps: readonly Step[];
}

/** A configuration file, or a mapping as JSON. */
export interface TextCase {
  readonly target: 'config' | 'mapping';
  readonly text: string;
}

/** Anything that is tried. */
export type FuzzCase = Conversation | TextCase;

/** Whether a case is a conversation. */
export function isConversation(one: FuzzCase): one is Conversation {
  return 'steps' in one;
}
