// BridgeManager: bridges as the API tells of them: those that run with their status, those that are switched off with
// their place in the configuration, all of them under the keys of the configuration file and without secrets.
// Bounded by the configuration.

import { topicNameFault } from '../../../protocol/topic/topic-name.ts';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { AnswerWatch } from '../../bridge/answer-watch.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import type { BridgeSettings } from '../../bridge/bridge-context.ts';
import type { Bridges } from '../../bridge/bridges.ts';
import type { LedgerEntry } from '../../bridge/delivery-ledger.ts';
import { examine } from '../../bridge/doctor.ts';
import type { DoctorStep } from '../../bridge/doctor-step.ts';
import type { LatencyViews } from '../../bridge/latencies.ts';
import { tryRules } from '../../bridge/try-rules.ts';
import {
  isTree,
  patchAt,
  patchBetween,
  type Tree,
  valueAt,
  withoutSecrets,
  withSecrets,
} from '../../config/config-tree.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { shownText } from '../../config/shown-text.ts';
import type {
  BridgeReply,
  BridgeView,
  ConfigObject,
  FindingView,
  LatencyReply,
  MapReply,
  MapRequest,
  SpanView,
  TestReply,
  TestRequest,
  TimelineEvent,
} from '../../http/api-config-types.ts';
import { HttpRefusal } from '../../http/http-refusal.ts';
import type { BridgeManagement } from '../../http/management.ts';
import { Message } from '../../message/message.ts';
import { Origin } from '../../message/origin.ts';
import { type HistogramView, quantileOf } from '../../metrics/histogram.ts';
import type { Ports } from '../../ports/ports.ts';
import { bridgeSettingsOf } from '../from-config.ts';
import { runNodeCommand } from '../node-ports.ts';
import type { RateSampler } from './rate-sampler.ts';
import type { Timelines } from './timelines.ts';

/** What the bridges are told from. */
export interface BridgeManagerParts {
  readonly bridges: Bridges;
  readonly sampler: RateSampler;
  readonly timelines: Timelines;
  readonly ports: Ports;
  /** What holds now. */
  readonly loaded: () => LoadedConfig;
  /** What would hold after changes. Rejects with ConfigError. */
  readonly tried: (changes: unknown) => Promise<LoadedConfig>;
}

/** A bridge that is being edited and has no name yet. */
const draftName = 'draft';

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
    const running = this.#parts.bridges.get(name);
    const origin = !isIn(overlay) ? 'file' : isIn(trees?.base) ? 'both' : 'overlay';
    return {
      ...this.#viewOf(name),
      config: shownTree(valueAt(trees?.written, path), path),
      findings: notes.filter((note) => note.path === own || note.path.startsWith(`${own}.`)).map(findingOf),
      origin,
      ...(running === undefined ? {} : { latency: latencyOf(running.latencies) }),
    };
  }

  /** See `BridgeManagement`. */
  changesFor(name: string, config: unknown, isWhole: boolean): unknown {
    if (!isWhole) return patchAt([...bridgesPath, name], config);
    const stored = valueAt(this.#parts.loaded().trees?.written, [...bridgesPath, name]);
    return patchAt([...bridgesPath, name], patchBetween(stored, withSecrets(config, stored)) ?? {});
  }

  /** See `BridgeManagement`. */
  removalOf(name: string): unknown {
    return patchAt([...bridgesPath, name], null);
  }

  /** See `BridgeManagement`. */
  pause(name: string): void {
    this.running(name).pause();
    this.#parts.timelines.add(name, 'paused', 'paused: messages wait in the queue');
  }

  /** See `BridgeManagement`. */
  resume(name: string): void {
    this.running(name).resume();
    this.#parts.timelines.add(name, 'resumed', 'resumed: what waits is sent');
  }

  /** See `BridgeManagement`. */
  watchAnswers(name: string): AnswerWatch | undefined {
    const bridge = this.#parts.bridges.get(name);
    return bridge?.status.link.state === 'connected' ? bridge.watchAnswers() : undefined;
  }

  /** See `BridgeManagement`. */
  ledger(name: string): Iterable<LedgerEntry> | undefined {
    return this.#parts.bridges.get(name)?.ledger;
  }

  /** See `BridgeManagement`. */
  timeline(name: string): readonly TimelineEvent[] {
    return this.#parts.timelines.of(name);
  }

  /** See `BridgeManagement`. */
  async map(request: MapRequest): Promise<MapReply> {
    const { topic, payload = '', qos = 1, retain = false, clientId = '', username, bridge, config } = request;
    const fault = topicNameFault(topic);
    if (fault !== undefined) throw new HttpRefusal('BAD_REQUEST', `the topic ${fault}`, 'topic');
    const origin = new Origin('device', clientId);
    origin.username = username;
    const message = new Message({ topic, payload: bytesOfText(payload), qos, retain, origin });
    const settings = await this.#settings(bridge, config);
    return { results: settings.flatMap((one) => tryRules(one, message)) };
  }

  /** See `BridgeManagement`. */
  async test({ name, config }: TestRequest, onStep?: (step: DoctorStep) => void): Promise<TestReply> {
    const [settings] = await this.#settings(name ?? draftName, config);
    if (settings === undefined)
      throw new HttpRefusal('NOT_FOUND', `there is no bridge ${name ?? ''} that is on`, 'name');
    const asked = { runCommand: runNodeCommand, ...(onStep === undefined ? {} : { onStep }) };
    const steps = await examine(this.#parts.ports, settings, asked);
    return { isOk: steps.every(({ state }) => state !== 'failed'), steps };
  }

  /** The settings of all bridges, of one, or of one that is being edited. Rejects with ConfigError. */
  async #settings(name: string | undefined, config: unknown): Promise<readonly BridgeSettings[]> {
    const wanted = config === undefined ? name : (name ?? draftName);
    const loaded =
      config === undefined || wanted === undefined
        ? this.#parts.loaded()
        : await this.#parts.tried(this.changesFor(wanted, { ...asTree(config), enable: 'true' }, true));
    const bridges = loaded.config.bridges.filter((one) => wanted === undefined || one.name === wanted);
    return bridges.map((one) => bridgeSettingsOf(one, loaded.pems, loaded.files[0]));
  }

  /** The bridge of a name. Throws HttpRefusal unless it runs. */
  running(name: string): Bridge {
    const bridge = this.#parts.bridges.get(name);
    if (bridge !== undefined) return bridge;
    if (!this.#names().includes(name)) throw new HttpRefusal('NOT_FOUND', `there is no bridge ${name}`, 'name');
    throw new HttpRefusal('CONFLICT', `the bridge ${name} is switched off`, 'name');
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
    const bridge = bridges.get(name);
    const status = bridge?.status;
    const server = valueAt(loaded().trees?.written, [...bridgesPath, name, 'server']);
    return {
      name,
      mode: bridge === undefined ? 'disabled' : bridge.isPaused ? 'paused' : 'running',
      server: typeof server === 'string' ? shownText(server) : (status?.remote ?? ''),
      ...(status === undefined ? {} : { status }),
      rates: sampler.ratesOf(name),
    };
  }
}

function asTree(config: unknown): Tree {
  return isTree(config) ? config : {};
}

function latencyOf({ queueWait, roundTrip, endToEnd }: LatencyViews): LatencyReply {
  return { queueWait: spanOf(queueWait), roundTrip: spanOf(roundTrip), endToEnd: spanOf(endToEnd) };
}

function spanOf(view: HistogramView): SpanView {
  const bounds = [0.5, 0.95, 0.99].map((share) => quantileOf(view, share));
  const [p50, p95, p99] = bounds.map((bound) => (Number.isFinite(bound) ? bound : undefined));
  const told = { ...(p50 === undefined ? {} : { p50 }), ...(p95 === undefined ? {} : { p95 }) };
  return { count: view.count, ...told, ...(p99 === undefined ? {} : { p99 }) };
}

/** A part of the configuration for people: without secrets. */
export function shownTree(tree: unknown, path: readonly string[]): ConfigObject {
  const shown = withoutSecrets(isTree(tree) ? tree : {}, path);
  return shown as ConfigObject; // as: texts, arrays and objects of them, a tree has nothing else
}

/** A note as the API tells it. */
export function findingOf({ code, file, line, path, text }: FindingView): FindingView {
  return { code, file, line, path, text };
}
