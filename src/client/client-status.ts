// ClientStatus: the state of a client's connection, discriminated by `state`.
//
//   connecting --CONNACK--> connected --lost--> waiting --> connecting ...      any --close, destroy--> closed

/** The state of a client. Moments are ms of the monotonic clock. */
export type ClientStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected'; readonly sessionPresent: boolean }
  | { readonly state: 'waiting'; readonly retryAt: number; readonly error: Error }
  | { readonly state: 'closed'; readonly error: Error | undefined };
