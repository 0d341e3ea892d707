// Management: what the API drives, as the composition root offers it. The API knows neither broker nor bridges nor
// files: whatever it does, it does through this, and tests put something else in its place. Everything here checks
// what only the running program can know (names, states) and throws HttpRefusal or a ViaductError.

import type { ClientView } from './api-broker-types.ts';
import type { BridgeReply, BridgeView } from './api-config-types.ts';
import type { HealthReply, StatusReply } from './api-types.ts';

/** What runs, and how to act on it. */
export interface Management {
  /** The whole at this moment. */
  status(): StatusReply;
  health(): HealthReply;
  readonly bridges: BridgeManagement;
  readonly clients: ClientManagement;
}

/** Bridges, those that are switched off included. */
export interface BridgeManagement {
  list(): readonly BridgeView[];
  get(name: string): BridgeReply | undefined;
}

/** Devices and their sessions. */
export interface ClientManagement {
  /** All of them, in the order of their sessions. */
  list(): Iterable<ClientView>;
  get(clientId: string): ClientView | undefined;
  /** Disconnects a device and forgets its session. Returns whether there was one. */
  kick(clientId: string): boolean;
}
