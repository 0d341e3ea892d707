// Origin: who brought a message in. It is what no-local, the bridge's loop
// guard and access rules look at; it is an identity, compared by reference, and
// never goes over the wire.

/** What kind of publisher an origin is. */
export type OriginKind = 'device' | 'bridge' | 'will' | 'system' | 'application';

/** One publisher: a device's session, a bridge, the broker itself, or the application that embeds it. */
export class Origin {
  readonly kind: OriginKind;
  /** The client id of a device or will, the name of a bridge. */
  readonly name: string;
  /** The user name with which a device is connected now, or was last. */
  username: string | undefined;

  constructor(kind: OriginKind, name: string) {
    this.kind = kind;
    this.name = name;
  }
}
