// Every error that Viaduct raises, one class a kind. `code` is a stable contract; `blame` and
// `retry` say who caused it and whether trying again helps, and decide log level, HTTP status and
// back-off in one place.
import { isFailure, ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';

/** Who caused an error. */
export type Blame = 'local' | 'remote' | 'network' | 'disk';

/** Whether the same attempt may succeed: never, after a wait, at once. */
export type Retry = 'never' | 'later' | 'now';

/** What every error carries besides its message. */
export interface ErrorFacts {
  /** Stable, upper case: `ERR_LINK_TLS`. */
  readonly code: string;
  readonly blame: Blame;
  readonly retry: Retry;
  readonly cause?: unknown;
}

/** The root of all errors that Viaduct raises. */
export abstract class ViaductError extends Error {
  readonly code: string;
  readonly blame: Blame;
  readonly retry: Retry;

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = facts.code;
    this.blame = facts.blame;
    this.retry = facts.retry;
  }
}

/** The caller broke the contract of the API. Code `ERR_USAGE_<detail>`. */
export class UsageError extends ViaductError {
  constructor(detail: string, message: string, more: { readonly cause?: unknown } = {}) {
    super(message, { code: `ERR_USAGE_${detail}`, blame: 'local', retry: 'never', cause: more.cause });
  }
}

/** Where in a configuration something is wrong, and what. */
export interface ConfigFault {
  readonly file: string;
  /** From 1; 0 when the fault belongs to no line (an environment variable, a value from the API). */
  readonly line: number;
  /** From 1; 0 when unknown. */
  readonly column: number;
  /** The key, as `bridges.mqtt.plant7.keepalive`. */
  readonly path: string;
  /** The value as written; secrets are replaced by `***`. */
  readonly value: string;
  /** What was expected, and the remedy. */
  readonly expected: string;
}

/** `file:line:column: path = value: expected ...`, the form of every configuration message. */
export function describeFault(fault: ConfigFault): string {
  const place = fault.line > 0 ? `${fault.file}:${fault.line}:${fault.column}` : fault.file;
  const subject = fault.path === '' ? '' : ` ${fault.path}${fault.value === '' ? '' : ` = ${fault.value}`}:`;
  return `${place}:${subject} ${fault.expected}`;
}

/** A configuration cannot be used. Code `ERR_CONFIG_<detail>`; every fault found is listed, not just the first. */
export class ConfigError extends ViaductError {
  readonly faults: readonly ConfigFault[];

  constructor(detail: string, faults: readonly ConfigFault[]) {
    super(faults.map(describeFault).join('\n'), { code: `ERR_CONFIG_${detail}`, blame: 'local', retry: 'never' });
    this.faults = faults;
  }
}

/** The peer broke MQTT. Code `ERR_PROTOCOL_<reason name>`. */
export class ProtocolError extends ViaductError {
  /** What a 5.0 peer is told. */
  readonly reasonCode: ReasonCode;
  /** The statement broken, or empty. */
  readonly statement: string;

  constructor(reasonCode: ReasonCode, statement: string, message: string) {
    super(message, { code: codeOfReason('ERR_PROTOCOL', reasonCode), blame: 'remote', retry: 'later' });
    this.reasonCode = reasonCode;
    this.statement = statement;
  }
}

/**
 * A correct peer said no: CONNACK, SUBACK, PUBACK, PUBREC or DISCONNECT of 0x80 or more. Code `ERR_REFUSED_<reason
 * name>`.
 */
export class RefusedError extends ViaductError {
  readonly reasonCode: ReasonCode;

  constructor(reasonCode: ReasonCode, message: string) {
    super(message, {
      code: codeOfReason('ERR_REFUSED', reasonCode),
      blame: 'remote',
      retry: retryOfReason(reasonCode),
    });
    this.reasonCode = reasonCode;
  }
}

/** In which phase of its life a link failed. */
export type LinkPhase = 'lookup' | 'connect' | 'tls' | 'upgrade' | 'listen' | 'open';

/** Dial, TLS, timeout or reset. Code `ERR_LINK_<phase>`, or `ERR_LINK_TIMEOUT` when a deadline passed. */
export class LinkError extends ViaductError {
  readonly phase: LinkPhase;

  constructor(phase: LinkPhase, message: string, more: { cause?: unknown; isTimeout?: boolean; blame?: Blame } = {}) {
    super(message, {
      code: more.isTimeout ? 'ERR_LINK_TIMEOUT' : `ERR_LINK_${phase.toUpperCase()}`,
      blame: more.blame ?? (phase === 'listen' ? 'local' : 'network'),
      retry: 'later',
      cause: more.cause,
    });
    this.phase = phase;
  }
}

/** The disk failed, or what is on it cannot be used. Code `ERR_STORAGE_<detail>`. */
export class StorageError extends ViaductError {
  readonly path: string;

  constructor(detail: string, path: string, message: string, cause?: unknown) {
    super(message, {
      code: `ERR_STORAGE_${detail}`,
      blame: 'disk',
      retry: detail === 'FULL' ? 'later' : 'never',
      cause,
    });
    this.path = path;
  }
}

/** The object was closed or destroyed. Code `ERR_CLOSED`. */
export class ClosedError extends ViaductError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'ERR_CLOSED', blame: 'local', retry: 'never', cause });
  }
}

/** A broken invariant inside Viaduct: never caught, ends the process. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Error(`Viaduct is wrong about itself: ${invariant}`);
}

/** `error.message` of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOfReason(prefix: string, reasonCode: ReasonCode): string {
  return `${prefix}_${reasonName(reasonCode).toUpperCase().replaceAll(' ', '_')}`;
}

function retryOfReason(reasonCode: ReasonCode): Retry {
  if (!isFailure(reasonCode)) return 'now';
  switch (reasonCode) {
    case ReasonCode.unsupportedProtocolVersion:
    case ReasonCode.clientIdentifierNotValid:
    case ReasonCode.banned:
    case ReasonCode.topicFilterInvalid:
    case ReasonCode.topicNameInvalid:
      return 'never';
    default:
      return 'later';
  }
}
