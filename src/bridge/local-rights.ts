// LocalRights: what a bridge may do at the broker beside it, where it has a name there: the access rules of devices
// hold for it too, and decide message by message, so that they may change while it runs. A bridge without a name may do
// everything, as it is part of the process.

/** Who a bridge is for the access rules here. */
export interface LocalPrincipal {
  readonly clientId: string;
  readonly username?: string;
}

/** What somebody may do here. */
export interface LocalRights {
  /** Whether messages from the remote may be published to a local topic. */
  mayPublish(topic: string): boolean;
  /** Whether messages of a local topic may be taken to the remote. */
  mayReceive(topic: string): boolean;
}
