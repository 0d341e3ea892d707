// Addresses: what the address of a remote and the filter of a rule say while they are typed: whether there will be TLS,
// and a topic to try a rule with.
// Pure; the server has the last word.

/** Whether an address asks for TLS. */
export function isTlsAddress(server: string): boolean {
  return /^(tls\+|mqtts|wss|ssl)/.test(server);
}

/** A topic that a filter matches, to try a rule with: levels for `+`, and two for `#`. */
export function sampleTopic(filter: string): string {
  return filter
    .replace(/^\$share\/[^/]+\//, '')
    .split('/')
    .map((level, at) => (level === '#' ? 'line1/temperature' : level === '+' ? `unit${at + 1}` : level))
    .join('/');
}
