// ConfigManager: changes the configuration while it runs. The files of the user are never written: a change goes into
// the overlay that stands over them, and only after everything was checked as at a start. One change at a time.
//
//   change -> overlay -> load (all faults) -> history -> write overlay -> running
//   with confirmWithinS: until then POST /config/confirm, else the overlay of before comes back, even after a crash
//
// Bounded: the overlay by what a configuration file may have, history by `ConfigHistory`.
import { assert, ConfigError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import {
  changesBetween,
  isSecretAt,
  isTree,
  patchBetween,
  patched,
  withoutSecrets,
  withSecrets,
} from '../../config/config-tree.ts';
import type { ConfigTrees, LoadedConfig } from '../../config/load.ts';
import type {
  AppliedReply,
  CheckReply,
  ConfigReply,
  ConfigValue,
  DiffEntry,
  HistoryEntry,
  UnconfirmedChange,
} from '../../http/api-config-types.ts';
import type { ConfigHistory } from '../../http/config-history.ts';
import { HttpRefusal } from '../../http/http-refusal.ts';
import type { ConfigManagement, WantedChange } from '../../http/management.ts';
import type { Clock, Disk, Timer } from '../../ports/ports.ts';
import { findingOf, shownTree } from './bridge-manager.ts';
import { originsOf } from './config-origins.ts';

/** What it works with. */
export interface ConfigManagerParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly history: ConfigHistory;
  /** What holds now. */
  readonly loaded: () => LoadedConfig;
  /** Loads the configuration with another overlay. Rejects with ConfigError. */
  readonly load: (overlayText: string) => Promise<LoadedConfig>;
  /** Makes a configuration the one that holds. */
  readonly adopt: (loaded: LoadedConfig) => Promise<void>;
  /** Told when another configuration holds. */
  readonly changed: (historyId: number) => void;
}

/** Changes the configuration. */
export class ConfigManager implements ConfigManagement {
  readonly #parts: ConfigManagerParts;
  /** Changes come one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(parts: ConfigManagerParts) {
    this.#parts = parts;
    const { unconfirmed } = parts.history;
    // it was made before a restart: the restart does not confirm it
    if (unconfirmed !== undefined) this.#takeBackAt(unconfirmed.until);
  }

  /** See `ConfigManagement`. */
  show(): ConfigReply {
    const { notes, files } = this.#parts.loaded();
    const { written, root, overlayPath } = this.#trees();
    return {
      config: shownTree(written, []),
      origins: originsOf(root, overlayPath),
      files,
      overlayFile: overlayPath,
      findings: notes.map(findingOf),
    };
  }

  /** See `ConfigManagement`. */
  get unconfirmed(): UnconfirmedChange | undefined {
    const { unconfirmed } = this.#parts.history;
    return unconfirmed && { historyId: unconfirmed.id, until: unconfirmed.until };
  }

  /** See `ConfigManagement`. */
  async check(changes: unknown): Promise<CheckReply> {
    const { written } = this.#trees();
    const overlay = this.#overlayWith(changes);
    const diff = diffBetween(written, patched(this.#trees().base, JSON.parse(overlay)));
    try {
      const { notes } = await this.#parts.load(overlay);
      return { isValid: true, faults: [], findings: notes.map(findingOf), diff };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { isValid: false, faults: error.faults, findings: [], diff };
    }
  }

  /** See `ConfigManagement`. */
  async tried(changes: unknown): Promise<LoadedConfig> {
    return this.#parts.load(this.#overlayWith(changes));
  }

  /** See `ConfigManagement`. */
  apply(change: WantedChange): Promise<AppliedReply> {
    return this.#inTurn(async () => {
      if (this.#parts.history.unconfirmed !== undefined) {
        throw new HttpRefusal('CONFLICT', 'a change waits to be confirmed: POST /config/confirm, or wait');
      }
      return this.#become(this.#overlayWith(change.changes), change);
    });
  }

  /** See `ConfigManagement`. */
  confirm(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#parts.history.unconfirmed === undefined) throw new HttpRefusal('CONFLICT', 'nothing waits');
      await this.#parts.history.confirm();
      this.#timer?.cancel();
    });
  }

  /** See `ConfigManagement`. */
  takeBack(who: string): Promise<AppliedReply> {
    return this.#inTurn(async () => {
      const { unconfirmed } = this.#parts.history;
      if (unconfirmed === undefined) throw new HttpRefusal('CONFLICT', 'nothing waits');
      this.#timer?.cancel();
      return this.#become(unconfirmed.before, { who, what: `took back change ${unconfirmed.id}` });
    });
  }

  /** See `ConfigManagement`. */
  history(): readonly HistoryEntry[] {
    return this.#parts.history.entries.map(({ overlay: _secret, ...entry }) => entry);
  }

  /** See `ConfigManagement`. */
  rollback(id: number, who: string): Promise<AppliedReply> {
    return this.#inTurn(async () => {
      const entry = this.#parts.history.entries.find((one) => one.id === id);
      if (entry === undefined) throw new HttpRefusal('NOT_FOUND', `there is no change ${id}`, 'id');
      this.#timer?.cancel();
      return this.#become(entry.overlay, { who, what: `rolled back to change ${id}` });
    });
  }

  /** See `ConfigManagement`. */
  close(): void {
    this.#timer?.cancel();
  }

  #trees(): ConfigTrees {
    const { trees } = this.#parts.loaded();
    assert(trees !== undefined, 'a configuration with http_server comes with its trees');
    return trees;
  }

  #overlayWith(changes: unknown): string {
    const { base, written } = this.#trees();
    const overlay = patchBetween(base, patched(written, withSecrets(changes, written))) ?? {};
    return `${JSON.stringify(overlay, undefined, 2)}\n`;
  }

  async #become(overlay: string, change: Omit<WantedChange, 'changes'>): Promise<AppliedReply> {
    const { loaded, load, adopt, history, disk, clock } = this.#parts;
    const before = this.#trees();
    const next = await load(overlay);
    if (next.trees === undefined) {
      throw new HttpRefusal('CONFLICT', 'the API cannot switch itself off: do that in the file', 'http_server');
    }
    const diff = diffBetween(before.written, next.trees.written);
    const { who, what, confirmWithinS } = change;
    const until = confirmWithinS === undefined ? undefined : Math.round(clock.wallMs() + confirmWithinS * 1000);
    const undo = until === undefined ? undefined : { until, before: before.overlayText };
    // first the way back, then the change
    const id = await history.add({ at: Math.round(clock.wallMs()), who, what, diff, overlay }, undo);
    await disk.replaceText(next.trees.overlayPath, overlay, true);
    await adopt(next);
    this.#parts.changed(id);
    if (until !== undefined) this.#takeBackAt(until);
    const { unconfirmed } = this;
    const findings = loaded().notes.map(findingOf);
    return { historyId: id, diff, findings, ...(unconfirmed === undefined ? {} : { unconfirmed }) };
  }

  #takeBackAt(until: number): void {
    const { clock, history, log } = this.#parts;
    this.#timer?.cancel();
    this.#timer = clock.schedule(Math.max(0, Math.min(until - clock.wallMs(), 3_600_000)), () => {
      const { unconfirmed } = history;
      if (unconfirmed === undefined) return;
      log.warn({ change: unconfirmed.id }, 'the change was not confirmed: it is taken back');
      const what = `change ${unconfirmed.id} was not confirmed`;
      this.#inTurn(() => this.#become(unconfirmed.before, { who: '-', what })).catch((error: unknown) => {
        log.error({ change: unconfirmed.id, error: messageOf(error) }, 'the change cannot be taken back');
      });
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined); // told to whoever asked
    return result;
  }
}

/** What differs, with secrets hidden. */
export function diffBetween(before: unknown, after: unknown): readonly DiffEntry[] {
  return changesBetween(before, after).map(({ path, ...values }) => ({
    path: path.join('.'),
    ...('before' in values ? { before: shownValue(values.before, path) } : {}),
    ...('after' in values ? { after: shownValue(values.after, path) } : {}),
  }));
}

function shownValue(value: unknown, path: readonly string[]): ConfigValue {
  if (isSecretAt(path, value)) return '***';
  const shown = withoutSecrets(value, path);
  if (typeof shown === 'string' || isTree(shown) || Array.isArray(shown)) return shown as ConfigValue; // as: it is one
  return null;
}
