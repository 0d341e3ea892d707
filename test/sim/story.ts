// Story: everything that happens in a simulated world from outside, as data: who is there, what is published, what
// breaks and for how long. A story can be played again, and with some of its events left out. `storyOf` draws one out
// of a seed; scenarios are told by hand.
import type { ProtocolVersion, Qos } from '../../protocol/wire/protocol-version.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Durability } from '../../src/base/durability.ts';
import type { RefusalAction } from '../../src/bridge/reason-table.ts';
import type { OverflowPolicy } from '../../src/queue/overflow.ts';

/** Something happens `at` a time, in ms since the world was ready. */
export type StoryEvent = { readonly at: number } & Happening;

/** What happens. `forMs`: after that it is over. */
export type Happening =
  | {
      readonly do: 'publish';
      readonly by: string;
      readonly topic: string;
      readonly qos: Qos;
      readonly sizes: readonly number[];
    }
  /** The line breaks when so many more bytes have come to the dialler (side 0) or to the listener (side 1). */
  | { readonly do: 'cut'; readonly between: Pair; readonly side: 0 | 1; readonly after: number }
  /** Lines go dead in one or both directions; nobody is told. */
  | { readonly do: 'dead'; readonly between: Pair; readonly sides: readonly (0 | 1)[] }
  /** Nothing passes; it waits. */
  | { readonly do: 'close'; readonly between: Pair; readonly forMs: number }
  | { readonly do: 'refuse'; readonly between: Pair; readonly forMs: number }
  /** A few bytes at a time. */
  | { readonly do: 'trickle'; readonly between: Pair; readonly chunk: number; readonly forMs: number }
  | { readonly do: 'slow'; readonly between: Pair; readonly latencyMs: number; readonly forMs: number }
  | { readonly do: 'crash'; readonly node: string; readonly kind: 'kill' | 'power'; readonly forMs: number }
  /** The machine dies right before so many more things have been done to its disk. */
  | {
      readonly do: 'crash-at';
      readonly node: string;
      readonly operations: number;
      readonly kind: 'kill' | 'power';
      readonly forMs: number;
    }
  /** A share of what is asked of a disk fails; it has room for `share` KB more; or it is slow, up to `share` ms. */
  | {
      readonly do: 'disk';
      readonly node: string;
      readonly fault: 'failedSync' | 'failedWrite' | 'failedRead' | 'full' | 'slow';
      readonly share: number;
      readonly forMs: number;
    }
  /** Bridges have so many lanes from now on, or from the next start of their machine. */
  | { readonly do: 'lanes'; readonly count: number }
  /** A device retains a message, or that its topic retains none (`isEnd`). */
  | { readonly do: 'retain'; readonly by: string; readonly topic: string; readonly qos: Qos; readonly isEnd: boolean }
  /** A bit of a file turns over. */
  | { readonly do: 'flip'; readonly node: string }
  /** The wall clock is set to another time. */
  | { readonly do: 'jump'; readonly node: string; readonly ms: number }
  /** Somebody subscribes to everything for a while, with a session that ends with it. */
  | {
      readonly do: 'visit';
      readonly server: string;
      readonly qos: Qos;
      readonly version: ProtocolVersion;
      readonly forMs: number;
    };

/** Two nodes: who dials, who listens. */
export type Pair = readonly [string, string];

/** A client of a broker. */
export interface DevicePlan {
  readonly name: string;
  readonly server: 'edge' | 'remote';
  readonly version: ProtocolVersion;
  readonly keepAlive: number;
  readonly sendWindowMax: number;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
  readonly filters: readonly string[];
  readonly qos: Qos;
}

/** A bridge from edge to remote. */
export interface BridgePlan {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly keepAlive: number;
  readonly sendWindowMax: number;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
  /** The first level of what it forwards, and of what that becomes. */
  readonly from: string;
  readonly to: string;
  /** The filter that it subscribes to at the remote; empty for none. */
  readonly subscribes: string;
}

/** Who is there. */
export interface Plan {
  readonly devices: readonly DevicePlan[];
  readonly bridges: readonly BridgePlan[];
  /** What the remote is: the product's own broker, or a server that only keeps to the standard. */
  readonly remote: 'viaduct' | 'strict';
  readonly receiveMaximum: number;
  readonly queueCountMax: number;
  readonly overflow: 'oldest' | 'newest';
  readonly mayCrash: boolean;
  /** What brokers and bridges promise over a crash: nothing, everything, or everything while there is power. */
  readonly durability: Durability;
  /** Bytes of all queues of a broker in memory. */
  readonly queueMemoryMax: number;
  /** Connections of each bridge, in the beginning and at most. */
  readonly lanes: number;
  readonly lanesMax: number;
  /** What keeps the messages of a bridge in order: their topic, who published them, or a capture of their rule. */
  readonly laneOrder: 'topic' | 'publisher' | 'capture';
  /** What gives way in the queue of a bridge. */
  readonly bridgeOverflow: OverflowPolicy;
  /** With which codes a strict remote refuses messages, drawn evenly, and what bridges do when a quota is exceeded. */
  readonly refusalCodes: readonly ReasonCode[];
  readonly quotaAction: RefusalAction;
  /** Whether the remote can be reached under a second address, behind a road of its own. */
  readonly hasSecondAddress: boolean;
  /** Whether what is retained below `kept` gets to the remote. */
  readonly isRetainedForwarded: boolean;
}

/** A whole story. */
export interface Story {
  readonly seed: number;
  readonly plan: Plan;
  readonly events: readonly StoryEvent[];
}

/** How long things happen in a story, in ms. */
export const storyMs: number = 50 * 60_000;
/** How long a story is at least, with the time in which the world comes to rest and is quiet, in ms. */
export const hourMs: number = 60 * 60_000;

/** An event in one line. */
export function describeEvent(event: StoryEvent): string {
  const { at, do: what, ...more } = event;
  const facts = Object.entries(more).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(',') : value}`,
  );
  return `${(at / 1000).toFixed(3).padStart(9)} s  ${what.padEnd(8)} ${facts.join('  ')}`;
}
