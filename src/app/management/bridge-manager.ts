// BridgeManager: bridges as the API tells of them: those that run with their status, those that are switched off with
// their place in the configuration, all of them under the keys of the configuration file and without secrets.
// Bounded by the configuration.

import type { BridgeStatus } from '../../bridge/bridge-status.ts';
import type { Bridges } from '../../bridge/bridges.ts';
import { isTree, valueAt, withoutSecrets } from '../../config/config-tree.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { shownText } from '../../config/shown-text.ts';
import type { BridgeReply, BridgeView, ConfigObject, FindingView } from '../../http/api-config-types.ts';
import type { BridgeManagement } from '../../http/management.ts';
import type { RateSampler } from './rate-sampler.ts';

/** What the bridges are told from. */
export interface BridgeManagerParts {
  readonly bridges: Bridges;
  readonly sampler: RateSampler;
  /** What holds now. */
  readonly loaded: () => LoadedConfig;
}

/** Where bridges stand in a configuration. */
export const bridgesPath: readonly string[] = ['bridges', 'mqtt'];

/** Looks after bridges. */
export class BridgeManager implements BridgeManagement {
  readonly #parts: BridgeManagerParts;

  constructor(parts: BridgeManagerParts) {
    this.#parts = parts;
  }

  /** See `BridgeManagement`. */
  list(): readonly BridgeView[] {
    return this.#names().map((name) => this.#viewOf(name));
  }

  /** See `BridgeManagement`. */
  get(name: string): BridgeReply | undefined {
    if (!this.#names().includes(name)) return undefined;
    const { trees, notes } = this.#parts.loaded();
    const path = [...bridgesPath, name];
    const own = path.join('.');
    const isIn = (tree: unknown): boolean => valueAt(tree, path) !== undefined;
    const overlay = trees === undefined || trees.overlayText === '' ? {} : JSON.parse(trees.overlayText);
    const origin = !isIn(overlay) ? 'file' : isIn(trees?.base) ? 'both' : 'overlay';
    return {
      ...this.#viewOf(name),
      config: shownTree(valueAt(trees?.written, path), path),
      findings: notes.filter((note) => note.path === own || note.path.startsWith(`${own}.`)).map(findingOf),
      origin,
    };
  }

  #names(): readonly string[] {
    const written = valueAt(this.#parts.loaded().trees?.written, bridgesPath);
    const named = Object.entries(isTree(written) ? written : {}).filter(
      ([name, one]) => name !== 'cache' && isTree(one),
    );
    // those that came from the environment alone are in no tree
    const running = this.#parts.bridges.status.map(({ name }) => name);
    return [...new Set([...named.map(([name]) => name), ...running])];
  }

  #viewOf(name: string): BridgeView {
    const { bridges, sampler, loaded } = this.#parts;
    const status: BridgeStatus | undefined = bridges.get(name)?.status;
    const server = valueAt(loaded().trees?.written, [...bridgesPath, name, 'server']);
    return {
      name,
      mode: status === undefined ? 'disabled' : 'running',
      server: typeof server === 'string' ? shownText(server) : (status?.remote ?? ''),
      ...(status === undefined ? {} : { status }),
      rates: sampler.ratesOf(name),
    };
  }
}

/** A part of the configuration for people: without secrets. */
export function shownTree(tree: unknown, path: readonly string[]): ConfigObject {
  const shown = withoutSecrets(isTree(tree) ? tree : {}, path);
  return shown as ConfigObject; // as: texts, arrays and objects of them, a tree has nothing else
}

/** A note as the API tells it. */
export function findingOf({ file, line, path, text }: FindingView): FindingView {
  return { file, line, path, text };
}
