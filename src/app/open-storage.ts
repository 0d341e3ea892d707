// OpenStorage: the journal of a configuration, opened, with everything that happens to it in the log: progress of a
// long start, damage with file and offset, a disk that is full or fails and heals. Bounded by the configuration;
// without a directory there is none.
import type { Log } from '../base/log.ts';
import type { DataConfig } from '../config/config-types.ts';
import type { JournalListener, JournalState } from '../journal/journal-status.ts';
import type { Ports } from '../ports/ports.ts';
import type { Storage } from '../queue/storage.ts';
import { type RetainedLimits, RetainedStore } from '../router/retained.ts';
import { readJournalKey } from './commands/journal-key.ts';
import { journalSettingsOf } from './from-config.ts';

/** Opens the storage of a configuration; undefined where nothing is to be kept. */
export async function openStorage(
  data: DataConfig | undefined,
  { ports, log, environment }: { ports: Ports; log: Log; environment: Readonly<Record<string, string | undefined>> },
): Promise<Storage | undefined> {
  if (data === undefined) return undefined;
  const { Journal } = await import('../journal/journal.ts');
  const { Storage: Opened } = await import('../queue/storage.ts');
  const key = await readJournalKey({ ports, environment }, data.keyFile);
  const startedAt = ports.clock.now();
  const journal = await Journal.open(ports, journalSettingsOf(data, key), listenerOf(log));
  const { bytes, segments, streams, quarantined } = journal.status;
  const tookMs = Math.round(ports.clock.now() - startedAt);
  log.info({ directory: data.directory, bytes, segments, streams, quarantined, tookMs }, 'journal opened');
  return new Opened(journal, ports.clock, data.whenFull);
}

/** The retained messages, with those that an earlier process left. */
export async function openRetained(
  limits: RetainedLimits,
  storage: Storage | undefined,
  data: DataConfig | undefined,
): Promise<RetainedStore> {
  if (storage === undefined || data?.durability === 'memory') return new RetainedStore(limits);
  const { StoredRetained } = await import('../queue/stored-retained.ts');
  const keeper = new StoredRetained(storage, data?.durability ?? 'synced');
  const store = new RetainedStore(limits, keeper);
  await keeper.restore(
    (message) => store.restore(message),
    (topic) => store.get(topic),
  );
  return store;
}

/** Journals smaller than this are read too fast to tell how far it is. */
const progressBytesMin = 128 * 1024 * 1024;

function listenerOf(log: Log): JournalListener {
  let percentBefore = 0;
  return {
    progressed: (bytes, total) => {
      const percent = Math.floor((10 * bytes) / Math.max(1, total)) * 10;
      if (total < progressBytesMin || percent === percentBefore) return;
      percentBefore = percent;
      log.info({ percent, bytes: total }, 'reading the journal');
    },
    damaged: ({ path, offset, length, detail }) =>
      log.error({ file: path, offset, length }, `damage in the journal: ${detail}; everything else is kept`),
    tailCut: ({ path, offset, length }) =>
      log.warn({ file: path, offset, length }, 'the last write was cut off by a crash: nobody was promised it'),
    troubled: (detail) => log.warn({ detail }, 'an old segment of the journal cannot be freed'),
    unreadable: (detail) => log.warn({ detail }, 'what waits cannot be read from the disk: it is tried again'),
    stateChanged: (state) => tell(log, state),
  };
}

function tell(log: Log, state: JournalState): void {
  if (state.state === 'open') log.info({}, 'the journal stores again');
  else if (state.state === 'full') log.error({ detail: state.detail }, 'no room: new messages are refused');
  else if (state.state === 'failing' && state.attempts === 1) {
    log.error({ detail: state.detail }, 'the disk fails: what is new waits in memory, unacknowledged');
  }
}
