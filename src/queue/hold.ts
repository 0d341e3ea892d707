// Hold: whoever waits for a message to be safe. A queue that needs time takes a hold before it returns, and ends it
// when the message is where its durability says. The router's acceptance is one; queues know no more of it than this,
// so that they need not know the router.
/** Waits for a message to be safe. */
export interface Hold {
  hold(): void;
  /** The hold is over: the message is where it has to be. */
  stored(): void;
}
