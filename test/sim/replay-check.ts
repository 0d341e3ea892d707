// ReplayCheck: a journal that is at rest, read again from its disk, must say what is in memory: the same streams, in
// them the same messages and values at the same places, and in each segment as many bytes that are needed. And what
// stands in it must be what its owners have: sessions, subscriptions, retained messages, and no step of a flow.
import type { Journal } from '../../src/journal/journal.ts';
import type { KeyedStream } from '../../src/journal/keyed-stream.ts';
import type { LogStream } from '../../src/journal/log-stream.ts';
import { type Recovered, recover } from '../../src/journal/recovery.ts';
import type { Disk } from '../../src/ports/ports.ts';

/** Where brokers of simulated worlds have their journal. */
export const journalDirectory = 'data';

/** How many values a broker's own state is, by the name of their stream. */
export type KeptCounts = Readonly<Record<string, number>>;

/** What a journal and its disk disagree on; undefined for nothing. `kept`: what its owners have in memory. */
export async function replayFault(journal: Journal, disk: Disk, kept: KeptCounts): Promise<string | undefined> {
  await journal.flush();
  const terms = { disk, directory: journalDirectory, key: undefined, listener: {}, isReadOnly: true };
  const recovered = await recover(terms);
  const { replay, segments } = recovered;
  const { liveBytes } = segments;
  await segments.close();
  const names = [...replay.ids.keys()].sort().join();
  if (names !== journal.names.join()) return `the disk has the streams ${names}, memory ${journal.names.join()}`;
  for (const [name, id] of replay.ids) {
    const fault = replay.isLog(id)
      ? logFault(recovered, id, journal.log(name))
      : valuesFault(recovered, id, () => journal.keyed(name));
    if (fault !== undefined) return `${name} on the disk and in memory: ${fault}`;
  }
  if (liveBytes !== journal.status.liveBytes)
    return `${liveBytes} bytes are needed on the disk, ${journal.status.liveBytes} in memory`;
  for (const [name, count] of Object.entries(kept)) {
    const stored = [...replay.keyed(replay.ids.get(name) ?? -1).keys()];
    const some = JSON.stringify(stored.slice(0, 3));
    if (stored.length !== count) return `the disk has ${stored.length} ${name}, their owner ${count}: ${some}`;
  }
  return undefined;
}

function logFault({ replay }: Recovered, id: number, stream: LogStream): string | undefined {
  const { index, ahead } = replay.log(id);
  const onDisk: string[] = [];
  index.forEach(({ sequence, count, settled, position, tag }) => {
    const open: number[] = [];
    for (let at = settled; at < count; at++) if (ahead.get(sequence)?.has(at) !== true) open.push(sequence + at);
    onDisk.push(`${open.join()} at ${position} for ${tag}`);
  });
  const inMemory: string[] = [];
  const entries: { readonly sequence: number; readonly count: number; readonly at: string }[] = [];
  stream.forEach(({ sequence, count, position, tag }) => {
    entries.push({ sequence, count, at: `${position} for ${tag}` });
  });
  for (const { sequence, count, at } of entries) {
    const open = Array.from({ length: count }, (_, nth) => sequence + nth).filter((one) => stream.has(one));
    inMemory.push(`${open.join()} at ${at}`);
  }
  return differenceOf(onDisk, inMemory);
}

/** A stream without anything on the disk is of either kind. */
function valuesFault({ replay }: Recovered, id: number, stream: () => KeyedStream): string | undefined {
  const places = replay.keyed(id);
  if (places.size === 0) return undefined;
  const onDisk = [...places].map(([key, { position, size }]) => `${JSON.stringify(key)} at ${position}, ${size} bytes`);
  const keyed = stream();
  const inMemory = [...keyed.keys()].map((key) => {
    const { position = -1, size = -1 } = keyed.placeOf(key) ?? {};
    return `${JSON.stringify(key)} at ${position}, ${size} bytes`;
  });
  return differenceOf(onDisk.sort(), inMemory.sort());
}

function differenceOf(onDisk: readonly string[], inMemory: readonly string[]): string | undefined {
  const extra = onDisk.filter((one) => !inMemory.includes(one));
  const missing = inMemory.filter((one) => !onDisk.includes(one));
  if (extra.length === 0 && missing.length === 0) return undefined;
  return `${extra.slice(0, 3).join('; ') || 'nothing'} / ${missing.slice(0, 3).join('; ') || 'nothing'}`;
}
