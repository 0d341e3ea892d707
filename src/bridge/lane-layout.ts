// LaneLayout: how many lanes have the messages of a bridge, and under which names their queues and flows are kept. Each
// time the lanes become more or fewer, the queues are new ones, of the next generation, and what waits is moved from
// the old ones into them; so wherever a process is cut off, the next one knows what is left to be moved.
//
// A bridge that has always had one lane leaves no trace here. Layouts are keys of a stream without values, since keys
// are at hand at a start. Bounded: one key a bridge.
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Storage } from '../queue/storage.ts';
import { forgetFilters } from './known-filters.ts';
import { forgetSuspects } from './poison-watch.ts';

/** The queues of one generation. */
export interface QueueSet {
  /** Lanes, 1 and more. */
  readonly count: number;
  readonly generation: number;
}

/** Where the messages of a bridge are. */
export interface LaneLayout extends QueueSet {
  /** Queues whose messages are being moved into those of this layout. */
  readonly from?: QueueSet;
  /** The highest lane with a session at the remote: those above `count` are to be ended. */
  readonly sessions: number;
  /** Stands for what keeps messages in order (`orderTagOf`); default 0. */
  readonly order?: number;
  /** Where the order changed, oldest first: the last sequences under the one before, of the queues that send. */
  readonly turns?: readonly LaneTurn[];
  /** The same of the queues of `from`. */
  readonly turnsFrom?: readonly LaneTurn[];
}

/** The last sequence of each queue before something changed. */
export type LaneTurn = readonly number[];

/** The layout of a bridge with one lane. */
export const oneLane: LaneLayout = { count: 1, generation: 0, sessions: 1 };

const streamName = 'lanes';
const sessionsName = 'lane-sessions';

/** The name of the flows of a lane, from 1, with its first server. */
export function flowsOwnerOf(bridge: string, lane: number): string {
  return lane === 1 ? `bridge/${bridge}` : `bridge/${bridge}#${lane}`;
}

/** The name of the queue of a lane, from 1. */
export function queueOwnerOf(bridge: string, lane: number, generation: number): string {
  return generation === 0 ? flowsOwnerOf(bridge, lane) : `bridge/${bridge}#${lane}.${generation}`;
}

/** The layout that an earlier process left of a bridge. */
export function readLayout(storage: Storage | undefined, bridge: string): LaneLayout {
  if (storage?.knows(streamName) !== true) return oneLane;
  for (const key of storage.journal.keyed(streamName).keys()) {
    const at = key.lastIndexOf('\0');
    if (key.slice(0, at) === bridge) return parseLayout(key.slice(at + 1));
  }
  return oneLane;
}

/** Whether an earlier process left anything of a bridge. */
export function isLaneLeft(storage: Storage | undefined, bridge: string): boolean {
  return storage?.knows(flowsOwnerOf(bridge, 1)) === true || readLayout(storage, bridge) !== oneLane;
}

/** Keeps a layout, in the group of this turn. */
export function writeLayout(storage: Storage | undefined, bridge: string, layout: LaneLayout | undefined): void {
  if (storage === undefined || (layout === undefined && !storage.knows(streamName))) return;
  const stream = storage.journal.keyed(streamName);
  for (const key of [...stream.keys()]) if (key.slice(0, key.lastIndexOf('\0')) === bridge) stream.delete(key);
  if (layout !== undefined) stream.put(`${bridge}\0${textOf(layout)}`, emptyBytes);
}

/**
 * The highest lane of a bridge in memory that an earlier process has made a session for at the remote; 1 if none is
 * known. Its messages are gone with that process, its sessions are not.
 */
export function readSessions(storage: Storage | undefined, bridge: string): number {
  if (storage?.knows(sessionsName) !== true) return 1;
  const found = sessionKeys(storage, bridge).map((key) => Number(key.slice(key.lastIndexOf('\0') + 1)));
  return Math.max(1, ...found);
}

/** Keeps the highest lane with a session of a bridge in memory. */
export function writeSessions(storage: Storage | undefined, bridge: string, count: number): void {
  if (storage === undefined || (count === 1 && !storage.knows(sessionsName))) return;
  const stream = storage.journal.keyed(sessionsName);
  for (const key of sessionKeys(storage, bridge)) stream.delete(key);
  if (count > 1) stream.put(`${bridge}\0${count}`, emptyBytes);
}

function sessionKeys(storage: Storage, bridge: string): readonly string[] {
  return [...storage.journal.keyed(sessionsName).keys()].filter((key) => key.startsWith(`${bridge}\0`));
}

/** A bridge is gone for good, with all of its lanes. */
export function forgetLanes(storage: Storage, bridge: string): void {
  const owner = `bridge/${bridge}`;
  const isOwn = (name: string): boolean =>
    name === owner || (name.startsWith(owner) && /^#[0-9.]+$/.test(name.slice(owner.length)));
  for (const name of storage.journal.names.filter(isOwn)) storage.forget(name);
  // those with servers beside the first have the address behind them
  storage.forgetFlows((name) => isOwn(name.replace(/@.*$/, '')));
  storage.forget(owner);
  forgetFilters(storage, isOwn);
  forgetSuspects(storage, isOwn);
  writeLayout(storage, bridge, undefined);
  writeSessions(storage, bridge, 1);
}

function textOf({ count, generation, sessions, from, order = 0, turns = [], turnsFrom = [] }: LaneLayout): string {
  const numbers = [count, generation, sessions, ...(from === undefined ? [] : [from.count, from.generation])];
  const marked = (mark: string, list: readonly LaneTurn[]): readonly string[] => list.map((one) => mark + one.join());
  return [...numbers, `o${order}`, ...marked('t', turns), ...marked('f', turnsFrom)].join(' ');
}

function parseLayout(text: string): LaneLayout {
  const parts = text.split(' ');
  const of = (mark: string): readonly LaneTurn[] =>
    parts.filter((part) => part.startsWith(mark)).map((part) => part.slice(1).split(',').map(Number));
  const numbers = parts.filter((part) => /^[0-9]/.test(part)).map(Number);
  const [count = 1, generation = 0, sessions = count, fromCount, fromGeneration = 0] = numbers;
  const from = fromCount === undefined ? {} : { from: { count: fromCount, generation: fromGeneration } };
  const order = of('o')[0]?.[0] ?? 0;
  return { count, generation, sessions, ...from, order, turns: of('t'), turnsFrom: of('f') };
}
