// Management: what the API drives, as the composition root offers it. The API knows neither broker nor bridges nor
// files: whatever it does, it does through this, and tests put something else in its place. Everything here checks
// what only the running program can know (names, states) and throws HttpRefusal or a ViaductError.
import type { AnswerWatch } from '../bridge/answer-watch.ts';
import type { LedgerEntry } from '../bridge/delivery-ledger.ts';
import type { DoctorStep } from '../bridge/doctor-step.ts';
import type { LatencyViews } from '../bridge/latencies.ts';
import type {
  AclReply,
  AclTestReply,
  AclTestRequest,
  ClientView,
  MqttUserView,
  PublishReply,
  PublishRequest,
  RetainedView,
  SubscriptionView,
  TapMessage,
  TopicTreeReply,
} from './api-broker-types.ts';
import type {
  AppliedReply,
  BridgeReply,
  BridgeView,
  CheckReply,
  ConfigReply,
  HistoryEntry,
  MapReply,
  MapRequest,
  TestReply,
  TestRequest,
  TimelineEvent,
  UnconfirmedChange,
} from './api-config-types.ts';
import type { CertificateView, HealthReply, MetricsHistoryReply, StatusReply } from './api-types.ts';
import type { DeliveryManagement } from './delivery-management.ts';

/** What runs, and how to act on it. */
export interface Management {
  /** The whole at this moment. */
  status(): StatusReply;
  health(): HealthReply;
  /** Ends the program in order, or has it begin anew too. Returns false where nobody lets the API do that. */
  control(wanted: 'stop' | 'restart'): boolean;
  /** The last hour. */
  metricsHistory(): MetricsHistoryReply;
  /** How long messages of bridges take, those that were measured. */
  latencies(): readonly BridgeLatencies[];
  /** Of the files that the configuration names. */
  certificates(): readonly CertificateView[];
  readonly bridges: BridgeManagement;
  readonly delivery: DeliveryManagement;
  readonly clients: ClientManagement;
  readonly config: ConfigManagement;
  readonly messages: MessageManagement;
  readonly subscriptions: SubscriptionManagement;
  readonly rights: RightsManagement;
}

/** How long the messages of one bridge take. */
export interface BridgeLatencies {
  readonly bridge: string;
  readonly views: LatencyViews;
}

/** Who changes what. */
export interface WantedChange {
  /** Keys from the root on; objects merge, null removes. */
  readonly changes: unknown;
  readonly who: string;
  /** For the history. */
  readonly what: string;
  /** Without a confirmation until then, in seconds, it is taken back. */
  readonly confirmWithinS?: number;
}

/** Bridges, those that are switched off included. */
export interface BridgeManagement {
  list(): readonly BridgeView[];
  get(name: string): BridgeReply | undefined;
  /** The changes that make a bridge be as `config` says; `isWhole`: keys that are not there are removed. */
  changesFor(name: string, config: unknown, isWhole: boolean): unknown;
  /** The changes that remove a bridge. */
  removalOf(name: string): unknown;
  /** Sends nothing more until `resume`. Throws HttpRefusal unless it runs. */
  pause(name: string): void;
  resume(name: string): void;
  map(request: MapRequest): Promise<MapReply>;
  test(request: TestRequest, onStep?: (step: DoctorStep) => void): Promise<TestReply>;
  /** What the remote says of subscriptions from now on; undefined while the bridge is off or not connected. */
  watchAnswers(name: string): AnswerWatch | undefined;
  /** Of the latest messages, newest first; undefined where no ledger is kept, or the bridge is off. */
  ledger(name: string): Iterable<LedgerEntry> | undefined;
  /** Newest last. */
  timeline(name: string): readonly TimelineEvent[];
}

/** The configuration, and changes to it. Rejects with ConfigError and StorageError. */
export interface ConfigManagement {
  readonly unconfirmed: UnconfirmedChange | undefined;
  show(): ConfigReply;
  check(changes: unknown): Promise<CheckReply>;
  apply(change: WantedChange): Promise<AppliedReply>;
  confirm(): Promise<void>;
  /** What held before the change that waits to be confirmed. Rejects with HttpRefusal where none does. */
  takeBack(who: string): Promise<AppliedReply>;
  history(): readonly HistoryEntry[];
  rollback(id: number, who: string): Promise<AppliedReply>;
}

/** Devices and their sessions. */
export interface ClientManagement {
  /** All of them, in the order of their sessions. */
  list(): Iterable<ClientView>;
  get(clientId: string): ClientView | undefined;
  /** Disconnects a device and forgets its session. Returns whether there was one. */
  kick(clientId: string): boolean;
}

/** Messages: publish, kept, tapped. Topics and filters are checked here. */
export interface MessageManagement {
  /** Fulfilled when every destination holds it. */
  publish(request: PublishRequest): Promise<PublishReply>;
  retained(filter: string): Iterable<RetainedView>;
  retainedMessage(topic: string): RetainedView | undefined;
  /** Every message under a filter, retained ones first. Returns how to begin, which returns how to stop. */
  tap(filter: string, qos: 0 | 1 | 2): (onMessage: (message: TapMessage) => void) => () => void;
}

/** Who subscribes to what. */
export interface SubscriptionManagement {
  list(): Iterable<SubscriptionView>;
  /** One level of the tree of topics. */
  tree(under: string): TopicTreeReply;
}

/** Devices that log in, and who may what. */
export interface RightsManagement {
  mqttUsers(): readonly MqttUserView[];
  /** The changes that give a user a password, or remove it. */
  changesForUser(username: string, password: string | undefined): Promise<unknown>;
  acl(): AclReply;
  /** The changes that replace the rules, and what holds where none matches. */
  changesForAcl(rules: readonly unknown[], noMatch: 'allow' | 'deny' | undefined): unknown;
  test(request: AclTestRequest): AclTestReply;
}
