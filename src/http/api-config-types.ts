// ApiConfigTypes: the shapes of bridges and of the configuration over `/api/v1`. A bridge is an object with the keys
// of the configuration file (`server`, `proto_ver`, `forwards`, `ssl` ...), checked with the same words as the file.
// Types only; the conventions stand in `api-types.ts`.
import type { BridgeStatus } from '../bridge/bridge-status.ts';
import type { DoctorStep } from '../bridge/doctor-step.ts';
import type { TriedRule } from '../bridge/try-rules.ts';
import type { FindingCode } from '../config/finding.ts';

/** One fault of a configuration. */
export interface ConfigFaultView {
  readonly file: string;
  /** From 1; 0 for what came over the API. */
  readonly line: number;
  readonly column: number;
  /** `bridges.mqtt.plant7.keepalive` */
  readonly path: string;
  /** As written; `***` for secrets. */
  readonly value: string;
  readonly expected: string;
}

/** A change of the configuration that is taken back at `until` unless it is confirmed. */
export interface UnconfirmedChange {
  readonly historyId: number;
  readonly until: number;
}

/** Rates of one bridge per second, over the last second. */
export interface BridgeRates {
  /** To the remote. */
  readonly sent: number;
  /** From the remote. */
  readonly received: number;
  readonly dropped: number;
  /** Over the wire, MQTT in both directions. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** What can be done with a bridge: it runs, it is paused (queues, sends nothing), or it is switched off. */
export type BridgeMode = 'running' | 'paused' | 'disabled';

/** One bridge in the list. A disabled one has no status. */
export interface BridgeView {
  readonly name: string;
  readonly mode: BridgeMode;
  /** As configured: `mqtt-tcp://broker.example:1883`. */
  readonly server: string;
  readonly status?: BridgeStatus;
  readonly rates: BridgeRates;
}

/** GET /bridges/NAME. */
export interface BridgeReply extends BridgeView {
  /** With the keys of the configuration file, without secrets. */
  readonly config: ConfigObject;
  /** What is odd about it. */
  readonly findings: readonly FindingView[];
  /** Where the bridge stands: a file of the user, the overlay, or both. */
  readonly origin: 'file' | 'overlay' | 'both';
  /** How long messages take to the remote, of those that were measured; absent while it is switched off. */
  readonly latency?: LatencyReply;
}

/** Spans in ms, as upper bounds: what half, 95 and 99 of 100 measured messages did not exceed. */
export interface LatencyReply {
  readonly queueWait: SpanView;
  readonly roundTrip: SpanView;
  readonly endToEnd: SpanView;
}

/** One span; a bound is absent without values, and where it is longer than a day. */
export interface SpanView {
  readonly count: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
}

/** GET /bridges/NAME/rules. */
export interface RulesReply {
  readonly forwards: readonly RuleView[];
  readonly subscription: readonly RuleView[];
}

/** One rule. Change it at /bridges/NAME/rules/LIST/PLACE; LIST is `forwards` or `subscription`. */
export interface RuleView {
  /** From 0. */
  readonly place: number;
  readonly isEnabled: boolean;
  readonly config: ConfigObject;
  /** Its account; absent while the rule or the bridge is switched off. */
  readonly status?: BridgeStatus['forwards'][number];
}

/** POST /bridges: `name` and the keys of the configuration file. */
export interface BridgeRequest {
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  readonly config: ConfigObject;
}

/** A value of the configuration. Scalars are read back as texts, as written; numbers and booleans may be sent. */
export type ConfigValue = string | number | boolean | null | SecretMark | ConfigObject | readonly ConfigValue[];

/** Keys of the configuration file: `server`, `proto_ver`, `forwards`, `ssl` ... */
export interface ConfigObject {
  readonly [key: string]: ConfigValue;
}

/** Stands for a secret that is set. Sent back it keeps the secret; a text replaces it; null removes it. */
export interface SecretMark {
  readonly $secret: true;
}

/** Something odd that stops nothing. */
export interface FindingView {
  /** What it is about: a stable word, as `rule-unreachable`. */
  readonly code: FindingCode;
  readonly file: string;
  readonly line: number;
  /** `bridges.mqtt.plant7.forwards.0` */
  readonly path: string;
  readonly text: string;
}

/** POST /bridges/check, POST /config/check: what would come of a change; nothing is done. */
export interface CheckReply {
  readonly isValid: boolean;
  readonly faults: readonly ConfigFaultView[];
  readonly findings: readonly FindingView[];
  readonly diff: readonly DiffEntry[];
}

/** One key that changes. Secrets are `***`. */
export interface DiffEntry {
  readonly path: string;
  /** Absent: it was not there. */
  readonly before?: ConfigValue;
  /** Absent: it will not be there. */
  readonly after?: ConfigValue;
}

/** POST /bridges/map: tries a message on rules, of a bridge that runs (`bridge`) or of one that is being edited. */
export interface MapRequest {
  readonly topic: string;
  readonly payload?: string;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly clientId?: string;
  readonly username?: string;
  /** The name of a bridge; absent: all, or the one in `config`. */
  readonly bridge?: string;
  readonly config?: ConfigObject;
}

/** What the rules make of it. */
export interface MapReply {
  readonly results: readonly TriedRule[];
}

/** POST /bridges/test: a bridge that exists (`name`) or one that is being edited (`config`). */
export interface TestRequest {
  readonly name?: string;
  readonly config?: ConfigObject;
}

/** All steps that were made: the last one failed, or all is well. With `Accept: text/event-stream`, events `step`. */
export interface TestReply {
  readonly isOk: boolean;
  readonly steps: readonly DoctorStep[];
}

/** GET /bridges/NAME/timeline: newest last, at most 200. */
export interface TimelineReply {
  readonly events: readonly TimelineEvent[];
}

/** One event of a bridge. */
export interface TimelineEvent {
  readonly at: number;
  readonly kind: 'opened' | 'connected' | 'lost' | 'paused' | 'resumed' | 'changed' | 'closed' | 'replay' | 'poison';
  readonly text: string;
}

/** GET /config: the configuration in effect, and where each of its values comes from. */
export interface ConfigReply {
  readonly config: ConfigObject;
  /** By path, for each scalar. */
  readonly origins: Readonly<Record<string, ConfigOrigin>>;
  readonly files: readonly string[];
  readonly overlayFile: string;
  readonly findings: readonly FindingView[];
}

/** Where a value comes from. */
export interface ConfigOrigin {
  readonly kind: 'file' | 'overlay' | 'environment' | 'default';
  /** `viaduct.conf:12`, `VIADUCT_LOG__LEVEL`; empty for defaults. */
  readonly place: string;
}

/** POST /config/check and /config/apply: keys to set from the root on (objects merge, null removes). */
export interface ConfigChange {
  readonly changes: ConfigObject;
  /** 5 to 3600: without POST /config/confirm until then, the change is taken back. */
  readonly confirmWithinS?: number;
  /** For the history. */
  readonly note?: string;
}

/** The reply of everything that changes the configuration. */
export interface AppliedReply {
  readonly historyId: number;
  readonly diff: readonly DiffEntry[];
  readonly findings: readonly FindingView[];
  readonly unconfirmed?: UnconfirmedChange;
}

/** GET /config/history: newest first, at most 100. POST /config/history/ID/rollback goes back to what held after it. */
export interface HistoryEntry {
  readonly id: number;
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly diff: readonly DiffEntry[];
}
