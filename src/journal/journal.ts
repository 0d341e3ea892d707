// Journal: one log on the disk for everything that must outlive the process, in one directory, with many streams in it.
// What one turn appends is one group: after a crash all of it is there, or nothing. `wait` tells when everything that
// was appended so far is written, or safe.
//
// Streams hold messages in order (`LogStream`) or values by key (`KeyedStream`); in memory is where things are, not
// what they are. Nothing here throws because of the disk once the journal is open: what cannot be stored waits in
// memory, `isAccepting` turns false so that nothing new is taken, and it heals by itself.
//
// Bounded by `bytesMax` on the disk, the reserve left to others, and the limits of whoever appends.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { messageOf } from '../base/errors.ts';
import type { Clock, Disk, DiskLock, Random, Timer } from '../ports/ports.ts';
import type { RecordCipher } from './cipher.ts';
import { Cleaner } from './cleaner.ts';
import type { Waiter } from './group.ts';
import { GroupWriter } from './group-writer.ts';
import { type JournalOptions, journalDefaults } from './journal-options.ts';
import type { Damage, JournalListener, JournalState, JournalStatus } from './journal-status.ts';
import type { KeyedStream } from './keyed-stream.ts';
import type { LogStream, StreamHost } from './log-stream.ts';
import { type DamagedRecord, notAside, putAside, Quarantine } from './quarantine.ts';
import { type EntryVisitor, loadValues, type ReadingParts, readEntries, type ValueVisitor } from './reading.ts';
import { RecordAppender } from './record-appender.ts';
import { type Recovered, recover } from './recovery.ts';
import { createSegmentFile } from './segment-file.ts';
import { type SegmentHeader, seedOf, segmentHeaderBytes, segmentName } from './segment-header.ts';
import type { Segment, Segments } from './segments.ts';
import { Streams } from './streams.ts';

/** The world of a journal. */
export interface JournalPorts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
}

/** What must be told of a journal; the rest has the values of `journalDefaults`. */
export type JournalSettings = Partial<JournalOptions> & Pick<JournalOptions, 'directory'>;

/** One journal, open. */
export class Journal {
  readonly #ports: JournalPorts;
  readonly #options: JournalOptions;
  readonly #listener: JournalListener;
  readonly #lock: DiskLock;
  readonly #segments: Segments;
  readonly #writer: GroupWriter;
  readonly #cleaner: Cleaner;
  readonly #streams: Streams;
  readonly #header: Omit<SegmentHeader, 'number' | 'start'>;
  readonly #reading: ReadingParts;
  readonly #dirty = new Set<LogStream>();
  readonly #quarantine: Quarantine;
  #state: JournalState = { state: 'open' };
  #lastNumber: number;
  #roomCheckedAt: number;
  #roomTimer: Timer | undefined;
  /** How often the disk did not read, and whether it did not when it was asked last. */
  #unreadable = 0;
  #isUnreadable = false;

  private constructor(ports: JournalPorts, options: JournalOptions, more: OpenedParts) {
    const { recovered, lock, listener } = more;
    const { segments, ciphers, replay } = recovered;
    this.#ports = ports;
    this.#options = options;
    this.#listener = listener;
    this.#lock = lock;
    this.#segments = segments;
    this.#lastNumber = recovered.lastNumber;
    const { directory, quarantineBytesMax: asideMax } = options;
    const aside = { disk: ports.disk, directory, bytesMax: asideMax, segments, listener };
    this.#quarantine = new Quarantine(aside, recovered.damaged);
    this.#roomCheckedAt = Number.NEGATIVE_INFINITY;
    const journalId = recovered.journalId ?? copyOfBytes(ports.random.bytes(16));
    const salt = copyOfBytes(ports.random.bytes(16));
    const cipher: RecordCipher | undefined = ciphers.of(salt);
    const generation = recovered.generation + 1;
    this.#header = { journalId, salt, generation, keyCheck: cipher?.check ?? 0 };
    const seed = seedOf(journalId);
    this.#writer = new GroupWriter({
      clock: ports.clock,
      options,
      segments,
      seed,
      start: recovered.end,
      createSegment: (start, content) => this.#createSegment(start, content),
      sealing: () => this.#sealing(),
      stored: () => this.#stored(),
      freeing: () => this.#free(),
      failed: (detail) => this.#failed(detail),
    });
    const appender = new RecordAppender(this.#writer, seed, cipher);
    const host: StreamHost = { appender, isDirty: (stream) => this.#isDirty(stream) };
    this.#streams = new Streams(host, replay);
    const { log, keyed } = this.#streams;
    this.#cleaner = new Cleaner({ options, segments, appender, ciphers, seed, log, keyed });
    this.#reading = { writer: this.#writer, segments, ciphers, salt, seed };
  }

  /**
   * Opens the journal of a directory, which it makes, and reads what is there. Rejects with StorageError: `LOCKED`
   * while another process uses it, `FORMAT` for what a newer version wrote, `KEY` for an encrypted journal and another
   * key.
   */
  static async open(ports: JournalPorts, settings: JournalSettings, listener: JournalListener = {}): Promise<Journal> {
    const options = { ...journalDefaults, ...settings };
    const { disk } = ports;
    const { directory } = options;
    await disk.makeDirectory(directory);
    const lock = await disk.lock(`${directory}/lock`);
    try {
      const damage: Damage[] = [];
      const noted = notingDamage(listener, damage);
      const recovered = await recover({ disk, directory, key: options.key, listener: noted, isReadOnly: false });
      await putAside(disk, directory, damage, options.quarantineBytesMax).catch((error: unknown) =>
        listener.troubled?.(notAside(error)),
      );
      await storeTail(disk, directory, recovered);
      for (const path of recovered.voidPaths) await disk.remove(path);
      const journal = new Journal(ports, options, { recovered, lock, listener });
      await journal.#checkRoom();
      return journal;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Whether new messages are taken; bookkeeping always is. */
  get isAccepting(): boolean {
    return this.#state.state === 'open';
  }

  /** Whether there is no room for new messages; the disk works. */
  get isFull(): boolean {
    return this.#state.state === 'full';
  }

  /** The share of `bytesMax` that records take which are needed. */
  get fillShare(): number {
    return this.#segments.liveBytes / this.#options.bytesMax;
  }

  /** The journal, now. */
  get status(): JournalStatus {
    const { groups, records, bytesWritten, syncs, abandoned } = this.#writer;
    return {
      state: this.#state,
      directory: this.#options.directory,
      segments: this.#segments.list.length,
      bytes: this.#segments.byteLength,
      liveBytes: this.#segments.liveBytes,
      streams: this.#streams.size,
      groups,
      records,
      bytesWritten,
      syncs,
      bytesMoved: this.#cleaner.bytesMoved,
      abandoned,
      unreadable: this.#unreadable,
      quarantined: this.#quarantine.count,
    };
  }

  /** Names of all streams, sorted. */
  get names(): readonly string[] {
    return this.#streams.names;
  }

  /** The stream of messages with a name; made if it is not there. */
  log(name: string): LogStream {
    return this.#streams.openLog(name);
  }

  /** The stream of values with a name; made if it is not there. */
  keyed(name: string): KeyedStream {
    return this.#streams.openKeyed(name);
  }

  /**
   * Removes a stream with all that it holds. That its messages are settled is told as well: the record of its name is
   * needed no more and may be freed before theirs, and without it nobody knows what was removed.
   */
  remove(name: string): void {
    this.#streams.remove(name);
  }

  /** Calls `waiter.stored`, later, when all that was appended so far is written, or with `isSafe` when it is synced. */
  wait(waiter: Waiter, isSafe: boolean): void {
    this.#writer.wait(waiter, isSafe);
  }

  /** Calls `run` after `retryMsMin`, for whoever the disk has failed; not when the journal is closed by then. */
  retry(run: () => void): void {
    this.#ports.clock.schedule(this.#options.retryMsMin, () => {
      if (this.#state.state !== 'closed') run();
    });
  }

  /** Whether a message that is held is written, or with `isSafe` synced. */
  isStored(stream: LogStream, sequence: number, isSafe: boolean): boolean {
    const entry = stream.entryOf(sequence);
    return entry === undefined || entry.position < (isSafe ? this.#writer.safeEnd : this.#writer.writtenEnd);
  }

  /** See `readEntries`. */
  read(stream: LogStream, from: number, bytesMax: number, visitor: EntryVisitor): Promise<number> {
    return readEntries(this.#reading, stream, { from, bytesMax }, visitor).then(
      (next) => {
        this.#isUnreadable = false;
        return next;
      },
      (error: unknown) => {
        this.#unreadable++;
        // whoever reads asks again and again
        if (!this.#isUnreadable) this.#listener.unreadable?.(messageOf(error));
        this.#isUnreadable = true;
        throw error;
      },
    );
  }

  /**
   * See `loadValues`. Values that are not what they should be are put aside and deleted. Returns how many there are of
   * those, and of values that cannot be read.
   */
  async load(stream: KeyedStream, visit: ValueVisitor): Promise<number> {
    await this.#writer.flush();
    const { lost, strange } = await loadValues(this.#reading, stream, visit);
    const detail = `the value of ${stream.name} is none`;
    await this.quarantine([...strange.values()].map((place) => ({ ...place, detail })));
    for (const [key, { position }] of strange) if (stream.placeOf(key)?.position === position) stream.delete(key);
    return lost + strange.size;
  }

  /** See `Quarantine.put`. */
  quarantine(records: readonly DamagedRecord[]): Promise<void> {
    return this.#quarantine.put(records);
  }

  /** Stores everything now; fulfilled when it is safe. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Moves everything that is needed to new segments and frees the old ones. */
  async compact(): Promise<void> {
    const last = this.#lastNumber;
    this.#writer.beginSegment();
    this.#streams.touch();
    this.#cleaner.cleanUntil(last);
    const isOld = (): boolean => (this.#segments.list[0]?.header.number ?? Number.POSITIVE_INFINITY) <= last;
    for (let round = 0; round < compactRoundsMax && isOld(); round++) await this.#writer.flush();
  }

  /** Stores everything and closes the files. What cannot be stored within `timeoutMs` (default 5000) is lost. */
  async close(timeoutMs = 5000): Promise<void> {
    if (this.#state.state === 'closed') return;
    const bound = new Promise<void>((resolve) => {
      const timer = this.#ports.clock.schedule(timeoutMs, resolve);
      void this.#writer.flush().then(() => {
        timer.cancel();
        resolve();
      });
    });
    await bound;
    await this.destroy();
  }

  /** Closes the files; what is not stored is lost. */
  async destroy(): Promise<void> {
    if (this.#state.state === 'closed') return;
    this.#writer.close();
    this.#roomTimer?.cancel();
    this.#changeState({ state: 'closed' });
    await this.#segments.close();
    await this.#lock.release();
  }

  async #createSegment(start: number, content: readonly Bytes[]): Promise<Segment> {
    const { disk } = this.#ports;
    const { directory, isPreallocated, segmentBytes } = this.#options;
    const number = ++this.#lastNumber;
    const path = `${directory}/${segmentName(number)}`;
    const header = { ...this.#header, number, start };
    const sizeMin = isPreallocated ? segmentHeaderBytes + segmentBytes : 0;
    const file = await createSegmentFile(disk, { directory, path, header, content, sizeMin });
    return { header, path, file, end: start, live: 0 };
  }

  #isDirty(stream: LogStream): void {
    this.#dirty.add(stream);
    this.#writer.expectMore();
  }

  #sealing(): void {
    for (const stream of this.#dirty) stream.sealing();
    this.#dirty.clear();
  }

  async #stored(): Promise<void> {
    try {
      await this.#free();
      await this.#segments.removeVoid();
      const isTight = this.#state.state === 'full';
      const hasMoved = await this.#cleaner.step(this.#writer.active, isTight);
      if (hasMoved) this.#writer.wait({ stored: () => undefined }, true);
      await this.#checkRoom();
    } catch (error) {
      // reading an old segment, or removing it: the next group tries again
      this.#listener.troubled?.(messageOf(error));
    }
  }

  async #free(): Promise<void> {
    while (this.#segments.isOldestFree(this.#writer.active)) await this.#segments.freeOldest();
  }

  /** Looks at the room that is left, not more often than `roomCheckMs`. */
  async #checkRoom(): Promise<void> {
    const { clock, disk } = this.#ports;
    const { directory, reserveBytes, bytesMax, roomCheckMs } = this.#options;
    const now = clock.now();
    const { byteLength } = this.#segments;
    const isOver = byteLength > bytesMax;
    if (!isOver && this.#state.state !== 'full' && now - this.#roomCheckedAt < roomCheckMs) return;
    this.#roomCheckedAt = now;
    const free = await disk.freeBytes(directory);
    const detail = isOver
      ? `the journal has its ${bytesMax} bytes`
      : free < reserveBytes
        ? `${free} bytes are free in ${directory}, the reserve is ${reserveBytes}`
        : undefined;
    if (this.#state.state === 'open' && detail !== undefined) this.#changeState({ state: 'full', since: now, detail });
    else if (this.#state.state === 'full' && detail === undefined) this.#changeState({ state: 'open' });
    if (this.#state.state === 'full') this.#checkRoomLater();
  }

  #checkRoomLater(): void {
    this.#roomTimer ??= this.#ports.clock.schedule(this.#options.roomCheckMs, () => {
      this.#roomTimer = undefined;
      // an empty group: whatever can be freed is, and the room is looked at
      if (this.#state.state === 'full') void this.#writer.flush();
    });
  }

  #failed(detail: string | undefined): void {
    const before = this.#state;
    if (before.state === 'closed') return;
    if (detail === undefined) {
      this.#roomCheckedAt = Number.NEGATIVE_INFINITY;
      this.#changeState({ state: 'open' });
      return;
    }
    const isNew = before.state !== 'failing';
    const since = isNew ? this.#ports.clock.now() : before.since;
    this.#changeState({ state: 'failing', since, detail, attempts: isNew ? 1 : before.attempts + 1 });
  }

  #changeState(state: JournalState): void {
    this.#state = state;
    this.#listener.stateChanged?.(state);
  }
}

interface OpenedParts {
  readonly recovered: Recovered;
  readonly lock: DiskLock;
  readonly listener: JournalListener;
}

/** Tells a listener of everything, and keeps damage, at most `damageMax` of it. */
function notingDamage(listener: JournalListener, damage: Damage[]): JournalListener {
  return {
    ...listener,
    damaged: (place) => {
      if (damage.length < damageMax) damage.push(place);
      listener.damaged?.(place);
    },
  };
}

const damageMax = 10_000;
const compactRoundsMax = 1_000_000;

/** What was read last may be in the memory of the system only, and must not vanish under what comes behind it. */
async function storeTail(disk: Disk, directory: string, { segments, tail }: Recovered): Promise<void> {
  const last = segments.list.at(-1);
  if (last === undefined || tail.length === 0) return;
  const { path, header } = last;
  last.file = await createSegmentFile(disk, { directory, path, header, content: tail, sizeMin: 0 });
}
