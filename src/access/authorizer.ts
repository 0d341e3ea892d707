// Authorizer: somebody who knows what devices may do, where no rule of the broker does: a
// web server, or what a program that embeds the broker brings along. It may take its time;
// the connection waits meanwhile, and only that one.
import type { AccessAction, Identity } from './acl.ts';

/** What it says: undefined where it is none of its business; `failed` where it could not be asked, which denies. */
export type Opinion = boolean | 'failed' | undefined;

/** Somebody who knows what devices may do, at once or later. */
export interface Authorizer {
  /** The promise never rejects. */
  ask(identity: Identity, action: AccessAction, topic: string): Opinion | Promise<Opinion>;
}
