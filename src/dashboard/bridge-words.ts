// BridgeWords: what a bridge's status means, in one place for list, map and page: its state,
// its tone, when that began. Pure; the words themselves stand in the texts under the same
// names.
import type { BridgeView } from '../http/api-config-types.ts';
import type { Text } from './text/en.ts';

/** The status of a bridge that is on. */
export type BridgeStatus = NonNullable<BridgeView['status']>;

/** What can be said of a bridge: a state of its link, or why it has none. */
export type BridgeState = BridgeStatus['link']['state'] | 'planned' | 'paused' | 'disabled';

/** Tones of the pages: colours with a meaning. */
export type Tone = 'good' | 'warn' | 'bad' | 'info' | '';

/** The state to show. */
export function stateOf({ mode, status }: Pick<BridgeView, 'mode' | 'status'>): BridgeState {
  if (mode !== 'running') return mode;
  const link = status?.link;
  // nobody has to mend what is meant
  if (link?.state === 'waiting' && link.kind === 'planned') return 'planned';
  return link?.state ?? 'closed';
}

const tones: Readonly<Record<BridgeState, Tone>> = {
  connected: 'good',
  connecting: 'info',
  waiting: 'bad',
  planned: 'info',
  paused: 'warn',
  closed: '',
  disabled: '',
};

/** The colour of the state. */
export function toneOf(bridge: Pick<BridgeView, 'mode' | 'status'>): Tone {
  return tones[stateOf(bridge)];
}

const order: readonly BridgeState[] = ['waiting', 'connecting', 'paused', 'planned', 'connected', 'closed', 'disabled'];

/** Bridges that need somebody come first, then by name. */
export function byNeed(one: BridgeView, other: BridgeView): number {
  return order.indexOf(stateOf(one)) - order.indexOf(stateOf(other)) || one.name.localeCompare(other.name);
}

/** Why messages were dropped, in words; a reason that is newer than the page in its own. */
export function reasonText(t: Text, reason: string): string {
  return Object.entries(t.reasons).find(([name]) => name === reason)?.[1] ?? reason;
}
