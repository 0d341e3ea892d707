// BridgeContext: what a bridge is opened with: the
// world that the composition root gives to it, and
// what it must be told.
import type { Log } from '../base/log.ts';
import type { Turn } from '../link/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { QueueBudget } from '../queue/queue-budget.ts';
import type { Storage } from '../queue/storage.ts';
import type { Router } from '../router/router.ts';
import { type BridgeOptions, bridgeDefaults } from './bridge-options.ts';
import type { LocalPrincipal, LocalRights } from './local-rights.ts';
import { PathGuard } from './loop-guard.ts';
import type { ReplayTarget } from './replay-target.ts';
import type { RunCommand } from './server-secrets.ts';

/** What the composition root gives to a bridge. */
export interface BridgeContext {
  readonly ports: Ports;
  readonly log: Log;
  /** Shared with the broker: there they meet. */
  readonly router: Router;
  readonly turn: Turn;
  /** The name of this broker on the way of messages, without comma. Default: one by chance. */
  readonly brokerId?: string;
  /** What a bridge with a name here may do; absent: whoever has one may do nothing. */
  readonly rightsOf?: (principal: LocalPrincipal) => LocalRights;
  /** Runs the commands out of which passwords come; absent: none can be run. */
  readonly runCommand?: RunCommand;
  /** For what waits in memory, shared with the broker; default none. */
  readonly budget?: QueueBudget;
  /** Where what must outlive the process is kept; without it, everything lives in memory. */
  readonly storage?: Storage;
  /** Where other bridges take what is replayed to them, by name; absent: there are no others. */
  readonly replayTargetOf?: (name: string) => ReplayTarget | undefined;
}

/** What must be told of a bridge; the rest has the values of `bridgeDefaults`. */
export type BridgeSettings = Partial<BridgeOptions> & Pick<BridgeOptions, 'name' | 'remote' | 'clientId'>;

/** All options of a bridge; `hasState`: an earlier process has left something of it. */
export function optionsOf(settings: BridgeSettings, hasState: boolean): BridgeOptions {
  const given = { ...bridgeDefaults, ...(hasState ? { hasSessionState: true } : {}), ...settings };
  return { forwards: [], subscriptions: [], ...given };
}

/** What a bridge may do here; undefined for one without a name, which may do everything. */
export function rightsOf({ rightsOf: find }: BridgeContext, { principal }: BridgeOptions): LocalRights | undefined {
  if (principal === undefined) return undefined;
  return find?.(principal) ?? { mayPublish: () => false, mayReceive: () => false };
}

/** Who writes the path of messages, by the options; undefined where nobody does. */
export function pathsOf({ brokerId, ports }: BridgeContext, options: BridgeOptions): PathGuard | undefined {
  if (options.loopGuard === 'off') return undefined;
  const id = brokerId ?? ports.random.bytes(8).toString('hex');
  return new PathGuard({ brokerId: id, property: options.loopProperty, hopsMax: options.loopHopsMax });
}
