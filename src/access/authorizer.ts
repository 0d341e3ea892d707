// Authorizer: somebody who knows what devices may do, where no rule of the broker does: a
// web server, or what a program that embeds the broker brings along. It may take its time;
// the connection waits meanwhile, and only that one.
import type { AccessAction, Identity } from './acl.ts';

/** Somebody who knows what devices may do, at once or later; undefined where it is none of its business. */
export interface Authorizer {
  /** The promise never rejects. */
  ask(identity: Identity, action: AccessAction, topic: string): boolean | undefined | Promise<boolean | undefined>;
}
