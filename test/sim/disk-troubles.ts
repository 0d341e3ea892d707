// DiskTroubles: what the events of a story do to the disk of a machine, and how it becomes whole again.
import type { Chance } from '../kit/chance.ts';
import type { FaultyDisk } from './faulty-disk.ts';
import type { SimNode } from './sim-node.ts';
import type { Happening } from './story.ts';

type DiskEvent = Pick<Extract<Happening, { do: 'disk' }>, 'fault' | 'share'>;

/** A disk begins to fail. */
export function breakDisk({ faults, bytesUsed }: FaultyDisk, { fault, share }: DiskEvent): void {
  if (fault === 'full') faults.capacityBytes = bytesUsed + share * 1024;
  else if (fault === 'slow') faults.latencyMsMax = share;
  else faults[fault] = share;
}

/** It does not any more. */
export function mendDisk({ faults }: FaultyDisk, { fault }: Pick<DiskEvent, 'fault'>): void {
  if (fault === 'full') faults.capacityBytes = Number.POSITIVE_INFINITY;
  else if (fault === 'slow') faults.latencyMsMax = 0;
  else faults[fault] = 0;
}

/** Turns a bit of one of a machine's files over. Returns whether there was any. */
export function flipSomeBit(node: SimNode | undefined, chance: Chance): boolean {
  const files = [...(node?.disk.files ?? [])].filter(([, size]) => size > 0);
  if (node === undefined || files.length === 0) return false;
  const [path] = chance.pick(files);
  node.disk.flipBit(path);
  return true;
}
