// ApiTypes: the shapes that go over `/api/v1`, with those of bridges in `api-config-types.ts` and those of the broker
// in `api-broker-types.ts`: requests, replies and events of the live feed. Types only, so that pages can share them.
// Conventions: JSON; moments are ms since 1970 (`...At`), spans are ms (`...Ms`); counts only grow. Lists come in
// pages. Secrets are never told: where one is set, `{ "$secret": true }` stands. A status (`BridgeStatus`,
// `BrokerStatus`) is the same union everywhere: API, live feed, log; its moments (`since`, `retryAt`) are ms of the
// monotonic clock, which `StatusReply.now` translates.
import type { OpenListener } from '../broker/broker.ts';
import type { BrokerStatus } from '../broker/broker-status.ts';
import type { ClientEvent } from './api-broker-types.ts';
import type { BridgeView, ConfigFaultView, FindingView, TimelineEvent, UnconfirmedChange } from './api-config-types.ts';

/** What somebody may do: look; also act on what runs (pause, kick, publish); also change configuration and users. */
export type Role = 'viewer' | 'operator' | 'admin';

/** The body of every refusal, beside the HTTP status. */
export interface ApiFault {
  /** Stable: `ERR_HTTP_...`, `ERR_CONFIG_...` and all codes of the README. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
  /** What it is about: a key of the body, a parameter or a key of the configuration; empty for the request itself. */
  readonly path: string;
  /** All faults where there are several, as in a configuration. */
  readonly faults?: readonly ConfigFaultView[];
}

/** A part of a list: `?page=1&limit=50`, limit at most 1000. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** From 1. */
  readonly page: number;
  readonly limit: number;
  /** Of all pages. */
  readonly total: number;
}

/** POST /login. Browsers get a cookie; programs ask with `isCookieWanted: false` and use the token as bearer. */
export interface LoginRequest {
  readonly username: string;
  readonly password: string;
  /** Default true. */
  readonly isCookieWanted?: boolean;
}

/** Who is logged in: the reply of POST /login and GET /session. */
export interface SessionReply {
  readonly username: string;
  readonly role: Role;
  /** Until POST /session/password, everything else answers 403 `ERR_HTTP_PASSWORD_EXPIRED`. */
  readonly mustChangePassword: boolean;
  readonly expiresAt: number;
  /** Only where no cookie was wanted. */
  readonly token?: string;
}

/** POST /session/password. */
export interface PasswordRequest {
  readonly oldPassword: string;
  /** 8 to 200 characters. */
  readonly newPassword: string;
}

/** GET /health, without login. 503 unless `ok`. */
export interface HealthReply {
  readonly status: 'ok' | 'closing';
  /** Bridges that are connected, of all that are enabled. */
  readonly bridgesConnected: number;
  readonly bridges: number;
}

/** What the process uses. */
export interface ProcessStatus {
  readonly pid: number;
  readonly node: string;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Share of one core over the last second, 0 to 1 and more. */
  readonly cpu: number;
  /** Since when it runs. */
  readonly startedAt: number;
}

/** Per second, over the last second. */
export interface Rates {
  /** Messages from devices. */
  readonly received: number;
  /** Messages to devices. */
  readonly sent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly dropped: number;
}

/** GET /status: the whole at one moment. */
export interface StatusReply {
  readonly version: string;
  readonly hostname: string;
  /** This moment on both clocks: `wallMs - monotonicMs` turns `since` and `retryAt` into ms since 1970. */
  readonly now: { readonly wallMs: number; readonly monotonicMs: number };
  readonly broker: BrokerStatus;
  readonly rates: Rates;
  readonly process: ProcessStatus;
  readonly listeners: readonly OpenListener[];
  readonly bridges: readonly BridgeView[];
  /** Set while a change waits for POST /config/confirm. */
  readonly unconfirmed?: UnconfirmedChange;
}

/** GET /metrics/history: columns of the last hour, oldest first, one value every `intervalMs`. */
export interface MetricsHistoryReply {
  readonly intervalMs: number;
  /** Of each column's values. */
  readonly at: readonly number[];
  /** By name: `received`, `sent`, `dropped`, `connected`, `rssBytes`, `cpu`; `bridge.NAME.sent|received|...`. */
  readonly series: Readonly<Record<string, readonly number[]>>;
}

/** GET /users: who may use API and dashboard. */
export interface UserView {
  readonly username: string;
  readonly role: Role;
  readonly mustChangePassword: boolean;
  readonly lastLoginAt?: number;
}

/** POST /users. */
export interface UserRequest {
  readonly username: string;
  readonly role: Role;
  /** 8 to 200 characters. */
  readonly password: string;
}

/** PATCH /users/NAME. */
export interface UserPatch {
  readonly role?: Role;
  readonly password?: string;
}

/** GET /api-keys: for programs; the key itself is told once, by POST. */
export interface ApiKeyView {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  /** Only in the reply of POST. */
  readonly key?: string;
}

/** GET /certificates: files that the configuration names. */
export interface CertificateView {
  readonly file: string;
  /** `listener ssl.default`, `bridge plant7`, `http_server` */
  readonly usedBy: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  readonly alternativeNames: readonly string[];
  readonly validFrom: number;
  readonly validTo: number;
  readonly fingerprint256: string;
  /** Set when the file cannot be read as a certificate. */
  readonly error?: string;
}

/** GET /logs?level=info&text=&before=ID&limit=: newest last. GET /logs/download is the same as lines of JSON. */
export interface LogsReply {
  readonly lines: readonly LogLine[];
  /** Lines that were pushed out of memory before. */
  readonly forgotten: number;
}

/** One line of the log. */
export interface LogLine {
  /** Grows by one. */
  readonly id: number;
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** GET /audit: who did what over the API; newest first. */
export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  /** A user name, or `key:NAME`; `-` before login. */
  readonly who: string;
  /** The user as whom somebody tried to log in, where there is one of that name. */
  readonly tried?: string;
  readonly address: string;
  /** `POST /api/v1/bridges` */
  readonly action: string;
  readonly status: number;
}

/**
 * GET /live: server-sent events; `event` is the kind, `data` the rest. Without `?kinds=status,bridge,...` all of them.
 * With `Last-Event-ID`, or `?lastEventId=`, it goes on where it was; what is lost by then, or was skipped because the
 * receiver is slow, is told first as `skipped`.
 */
export type LiveEvent =
  | { readonly kind: 'status'; readonly data: StatusReply }
  | { readonly kind: 'bridge'; readonly data: { readonly name: string; readonly event: TimelineEvent } }
  | { readonly kind: 'client'; readonly data: ClientEvent }
  | { readonly kind: 'log'; readonly data: LogLine }
  | {
      readonly kind: 'config';
      readonly data: { readonly findings: readonly FindingView[]; readonly historyId: number };
    }
  | { readonly kind: 'skipped'; readonly data: { readonly count: number } };
