// The section `data`: where what must outlive the process is kept, and how. The incumbent's sections for its cache
// (`bridges.mqtt.cache`, `sqlite`) are read as the same thing: their directory and their batch are taken where `data`
// says nothing; what they bound by rows is bounded by each queue here.
import * as v from 'valibot';
import type { DataConfig } from './config-types.ts';
import { dataDefaults as defaults } from './defaults.ts';
import { present } from './present.ts';
import { durability } from './schema-durability.ts';
import { decimal, duration, flag, ignored, type Kind, oneOf, section, size, text, whole } from './schema-values.ts';

/** `data`. */
export const dataKind: Kind<DataDraft> = v.pipe(
  section({
    dir: v.optional(text),
    durability: v.optional(durability, defaults.durability),
    max_size: v.optional(size('1MB', '1024GB'), defaults.max_size),
    reserve: v.optional(size('0B', '1024GB'), defaults.reserve),
    segment_size: v.optional(size('64KB', '1GB'), defaults.segment_size),
    batch_count: v.optional(whole(1, 100_000)),
    batch_bytes: v.optional(size('1KB', '64MB'), defaults.batch_bytes),
    batch_time: v.optional(duration('0ms', '10s'), defaults.batch_time),
    preallocate: v.optional(flag, defaults.preallocate),
    when_full: v.optional(oneOf({ refuse: 'refuse', drop: 'drop' } as const), defaults.when_full),
    quarantine_size: v.optional(size('0B', '1GB'), defaults.quarantine_size),
    sync_time: v.optional(duration('1ms', '1m'), defaults.sync_time),
    compact_share: v.optional(decimal(0.05, 1), defaults.compact_share),
    key_file: v.optional(text),
  }),
  v.transform((raw) => ({
    durability: raw.durability,
    bytesMax: raw.max_size,
    reserveBytes: raw.reserve,
    segmentBytes: raw.segment_size,
    batchBytes: raw.batch_bytes,
    batchMs: raw.batch_time,
    isPreallocated: raw.preallocate,
    whenFull: raw.when_full,
    quarantineBytesMax: raw.quarantine_size,
    syncMs: raw.sync_time,
    garbageShareMax: raw.compact_share,
    ...present({ directory: raw.dir, batchCount: raw.batch_count, keyFile: raw.key_file }),
  })),
);

/** `data` as far as it is written. */
export type DataDraft = Omit<DataConfig, 'directory' | 'batchCount'> &
  Partial<Pick<DataConfig, 'directory' | 'batchCount'>>;

/** The incumbent's cache. */
export const cacheKind: Kind<CacheDraft> = v.pipe(
  section({
    enable: v.optional(flag, 'true'),
    mounted_file_path: v.optional(text),
    flush_mem_threshold: v.optional(whole(1, 100_000)),
    disk_cache_size: v.optional(ignored),
    resend_interval: v.optional(ignored),
  }),
  v.transform((raw) => ({
    isEnabled: raw.enable,
    ...present({ directory: raw.mounted_file_path, batchCount: raw.flush_mem_threshold }),
  })),
);

/** What is taken of a cache. */
export interface CacheDraft {
  readonly isEnabled: boolean;
  readonly directory?: string;
  readonly batchCount?: number;
}

/** The section `data` with what caches add to it; undefined where nothing is to be kept. */
export function dataOf(data: DataDraft, caches: readonly (CacheDraft | undefined)[]): DataConfig | undefined {
  const cache = caches.find((one) => one?.isEnabled);
  const directory = data.directory ?? (cache && (cache.directory ?? 'data'));
  if (directory === undefined) return undefined;
  return { ...data, directory, batchCount: data.batchCount ?? cache?.batchCount ?? defaults.batch_count };
}
