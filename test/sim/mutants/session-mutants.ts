// Mutants of sessions and connections: windows, identifiers, acknowledgements, aliases, what a lost connection leaves.
import type { Mutant } from './mutant.ts';

/** Planted bugs in `protocol/`. */
export const sessionMutants: readonly Mutant[] = [
  {
    name: 'PUBREL goes back to PUBLISH',
    like: 'Mosquitto 2.1: every reconnect turns "send PUBREL again" into "publish again"',
    file: 'protocol/session/send-window.ts',
    text: `if (entry.state === 'published') {
        if (isHeldBack`,
    becomes: `entry.state = 'published';
      if (entry.state === 'published') {
        if (isHeldBack`,
    seen: /published again after PUBREL|times at QoS 2/,
  },
  {
    name: 'a run that is taken apart forgets its PUBREC',
    like: 'state kept in two forms, one of them without all of it',
    file: 'protocol/session/send-window.ts',
    text: `if (index < run.released) {
          entry.state = 'released';`,
    becomes: `if (index < run.released) {
          entry.state = 'published';`,
    seen: /published again after PUBREL|times at QoS 2/,
  },
  {
    name: 'DUP is missing on what is sent again',
    like: 'brokers that build each packet anew',
    file: 'protocol/connection/exchange.ts',
    text: 'this.#openWriter().write(delivery, packetId, true, now);',
    becomes: 'this.#openWriter().write(delivery, packetId, false, now);',
    seen: /without DUP/,
  },
  {
    name: 'a packet identifier is used again while it is underway',
    like: 'clients that count and never look',
    file: 'protocol/session/packet-ids.ts',
    text: `do identifier = identifier === identifierMax ? 1 : identifier + 1;
    while (!this.#used.add(identifier));`,
    becomes: `identifier = (identifier % 3) + 1;
    this.#used.add(identifier);`,
    seen: /used again while it is underway|accused|lost/,
  },
  {
    name: 'a repeat of a QoS 2 message is a new one',
    like: 'NanoMQ across a bridge: duplicates at QoS 2 in practice',
    file: 'protocol/connection/exchange.ts',
    text: 'const arrival = window.arrivalOf(packetId);',
    becomes: "const arrival: string = 'new';",
    seen: /times at QoS 2/,
  },
  {
    name: 'the receiver forgets a QoS 2 identifier with its PUBREC',
    like: 'state dropped one step too early',
    file: 'protocol/session/receive-window.ts',
    text: 'if (!isRefused) this.#received.add(pending.packetId); // [MQTT-4.3.3-9]',
    becomes: '',
    seen: /times at QoS 2/,
  },
  {
    name: 'messages are sent again on a live connection',
    like: 'NanoMQ, aedes and others: a timer that sends again',
    file: 'protocol/connection/exchange.ts',
    text: `if (entry) this.#sink.messageSettled(entry, reasonCode);
    this.#sendDue(now);`,
    becomes: `if (entry) this.#sink.messageSettled(entry, reasonCode);
    this.#sendDue(now);
    const [first] = this.#session.sendWindow.entries();
    if (first?.state === 'published') this.#openWriter().write(first.delivery, first.packetId, true, now);`,
    seen: /again on a live connection|sent for the first time/,
  },
  {
    name: 'acknowledgements leave in another order',
    like: 'servers that acknowledge when a worker is done',
    file: 'protocol/connection/run-exchange.ts',
    text: 'writeAckRun(this.#outbox, isQos2 ? PacketType.pubrec : PacketType.puback, ids, count);',
    becomes: `const backwards = ids.slice(0, count).reverse();
    writeAckRun(this.#outbox, isQos2 ? PacketType.pubrec : PacketType.puback, backwards, count);`,
    seen: /was to be acknowledged/,
  },
  {
    name: 'the alias table outlives its connection',
    like: 'aliases kept with the session instead of the connection',
    file: 'protocol/connection/publish-writer.ts',
    text: 'this.aliases = new OutboundAliases(peer.topicAliasMaximum);',
    becomes: `const kept = PublishWriter as { kept?: OutboundAliases };
    if (peer.topicAliasMaximum > 0) kept.kept ??= new OutboundAliases(peer.topicAliasMaximum);
    this.aliases = kept.kept !== undefined && peer.topicAliasMaximum > 0 ? kept.kept : new OutboundAliases(0);`,
    seen: /stands for nothing on this connection|accused/,
  },
  {
    name: 'the window is ignored after a reconnect',
    like: 'Mosquitto 2.0.11: 2,756 in flight against a window of 20',
    file: 'protocol/session/send-window.ts',
    text: 'if (entry === undefined || !this.#hasRoom(entry.delivery)) return undefined;',
    becomes: 'if (entry === undefined) return undefined;',
    seen: /are underway, the peer takes/,
  },
  {
    name: 'what is sent again is sent in another order',
    like: 'stores that are read back as they come: by identifier, or the newest first',
    file: 'protocol/session/send-window.ts',
    text: 'due.push(entry);',
    becomes: 'due.unshift(entry);',
    seen: /after number/,
  },
  {
    name: 'runs ignore the receive maximum',
    like: 'a fast path without the limits of the slow one',
    file: 'protocol/session/send-window.ts',
    text: 'if (this.#quota < count || (qos === 2 && this.#qos2Quota < count)) return false;',
    becomes: '',
    seen: /are underway, the peer takes/,
  },
  {
    name: 'PUBREL is not sent again after a reconnect',
    like: 'flows that wait for an answer that never comes',
    file: 'protocol/connection/exchange.ts',
    text: `for (const { packetId } of released) {
      writeAck(this.#outbox, PacketType.pubrel, packetId, ReasonCode.success, version);
    }`,
    becomes: '',
    seen: /no rest/,
  },
  {
    name: 'an acknowledgement does not give back its place in the window',
    like: 'EMQX Edge: a bridge that stops after some hundred messages',
    file: 'protocol/session/send-window.ts',
    text: `if (entry.isCounted) {
      this.#quota++;`,
    becomes: `if (entry.isCounted && entry.packetId % 7 > 0) {
      this.#quota++;`,
    seen: /no rest/,
  },
  {
    name: 'a client keeps its flows when the server forgot them',
    like: 'clients that do not look at session present',
    file: 'protocol/connection/client-connection.ts',
    text: 'if (!isPresent) this.#sink.sessionLost(this.#session.reset()); // [MQTT-3.2.2-5]',
    becomes: '',
    seen: /sent for the first time|lost|no rest|accused|settled/,
  },
  {
    name: 'a dead server is never noticed',
    like: 'peers that trust TCP to tell',
    file: 'protocol/connection/client-connection.ts',
    text: '} else if (this.#pinger?.isOverdue(now)) {',
    becomes: '} else if (this.#pinger === undefined) {',
    seen: /no rest/,
  },
  {
    name: 'a client that is silent is never noticed',
    like: 'keep-alive that is read and not used',
    file: 'protocol/connection/server-connection.ts',
    text: 'if (this.nextDeadline() > now) return;',
    becomes: "if (this.nextDeadline() > now || this.#state === 'connected') return;",
    seen: /connections and|no rest|too many/,
  },
  {
    name: 'DISCONNECT in order publishes the will',
    like: 'NanoMQ: the will of a bridge at every restart',
    file: 'protocol/connection/server-connection.ts',
    text: 'const isWillDue = reasonCode !== ReasonCode.success;',
    becomes: 'const isWillDue = true;',
    seen: /wills came from/,
  },
  {
    name: 'a client hangs up instead of disconnecting',
    like: 'closing a socket and calling it done',
    file: 'protocol/connection/client-connection.ts',
    text: "if (this.#state === 'connected') this.#write({ type: PacketType.disconnect, reasonCode, properties });",
    becomes: 'void properties;',
    seen: /wills came from/,
  },
];
