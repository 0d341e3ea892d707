// Mutants of the broker, the router, the queue and the link: who gets what, what waits, what a lost reader leaves.
import type { Mutant } from './mutant.ts';

/** Planted bugs in broker, router, queue and link. */
export const brokerMutants: readonly Mutant[] = [
  {
    name: 'half a frame is kept for the next connection',
    like: 'Mosquitto 2.1.2: its read-ahead buffer survives the reconnect',
    file: 'src/link/frame-input.ts',
    text: 'this.#scanner = new FrameScanner(maximumPacketSize);',
    becomes: `this.#scanner = new FrameScanner(maximumPacketSize);
    const kept = pool as { before?: FrameInput };
    const half = copyOfBytes(kept.before?.#scanner.partial() ?? copyOfBytes(pool.lend(1)!.bytes, 0, 0));
    if (half.length > 0) this.#scanner.keep(half, false);
    kept.before = this;`,
    seen: /lost|no rest|accused|not ready/,
  },
  {
    name: 'a drop is not counted',
    like: 'Mosquitto: drops at 1,000 queued messages, one notice in the log',
    file: 'src/queue/queue.ts',
    text: `this.#remove(victim);
      this.#dropped(victim.entry, 'queue-full');`,
    becomes: 'this.#remove(victim);',
    seen: /do not balance|lost count|the books of|of which \d+ were counted/,
  },
  {
    name: 'an acknowledgement trims everything before it',
    like: 'a cursor in place of a set: QoS 1 overtakes QoS 2',
    file: 'src/queue/queue.ts',
    text: `if (node === undefined) return undefined;
    this.#remove(node);`,
    becomes: `if (node === undefined) return undefined;
    while (this.#head && this.#head.entry.sequence < sequence) this.#remove(this.#head);
    this.#remove(node);`,
    seen: /the books of|underway and holds|lost/,
  },
  {
    name: 'a message that is kept refers to borrowed bytes',
    like: 'a reference in place of a copy',
    file: 'src/message/message.ts',
    text: 'payload: this.payload.length === 0 ? emptyBytes : copyOfBytes(this.payload),',
    becomes: 'payload: this.payload,',
    seen: /nobody published|a PUBLISH that is none|no MQTT|is used again/,
  },
  {
    name: 'a message for a device that is away is dropped',
    like: 'NanoMQ: 0 rows stored during an outage',
    file: 'src/broker/device-session.ts',
    text: "if (qos === 0 && this.#line === undefined) this.#drop('qos-0-offline');",
    becomes: "if (this.#line === undefined) this.#drop('qos-0-offline');",
    seen: /lost/,
  },
  {
    name: 'what waits for a device waits for traffic',
    like: 'NanoMQ: the drain after an outage goes on with the next publish',
    file: 'src/broker/device-session.ts',
    text: `this.expiresAt = Number.POSITIVE_INFINITY;
    this.pump();`,
    becomes: 'this.expiresAt = Number.POSITIVE_INFINITY;',
    seen: /no rest/,
  },
  {
    name: 'a message is delivered at the QoS at which it was published',
    like: 'a grant that is told and not kept',
    file: 'src/broker/device-session.ts',
    text: 'const qos = lowerQos(message.qos, grant.qos);',
    becomes: 'const { qos } = message; void lowerQos; void grant.qos;',
    seen: /at QoS/,
  },
  {
    name: 'a session ends sooner than was agreed',
    like: 'brokers that keep nothing without persistence',
    file: 'src/broker/session-table.ts',
    text: 'if (expirySeconds === 0) this.end(session);',
    becomes: 'if (expirySeconds < 100_000) this.end(session);',
    seen: /lost|no rest|times at QoS 2/,
  },
  {
    name: 'the old connection of a client id stays',
    like: 'take-over that forgets half-open connections',
    file: 'src/broker/device-connection.ts',
    text: 'sessions.get(clientId)?.line?.disconnect(ReasonCode.sessionTakenOver,',
    becomes: 'void (ReasonCode.sessionTakenOver,',
    seen: /no rest|lost|connections and|was to be acknowledged/,
  },
  {
    name: 'a retained message of QoS 0 does not replace one of QoS 1',
    like: 'stores that take what is acknowledged only',
    file: 'src/router/retained.ts',
    text: 'const isFull = before === undefined && this.#tree.size >= this.#limits.countMax;',
    becomes: `if (message.qos === 0) return true;
    const isFull = before === undefined && this.#tree.size >= this.#limits.countMax;`,
    seen: /retained at/,
  },
  {
    name: 'two members of a group get the same message',
    like: 'shared subscriptions as a loop over members',
    file: 'src/router/router.ts',
    text: 'const member = route.groups[index]?.pick(message);',
    becomes: `const another = route.groups[index]?.pick(message);
      another?.destination.deliver(message, another.grant, acceptance);
      const member = route.groups[index]?.pick(message);`,
    seen: /group got/,
  },
  {
    name: 'what is closed goes on dialling',
    like: 'a timer that outlives its owner',
    file: 'src/link/redial.ts',
    text: `this.#state = 'stopped';
    this.#timer?.cancel();`,
    becomes: "this.#timer = undefined; if (this.#state === 'idle') this.#state = 'stopped';",
    seen: /timers are left|lines are open|too many/,
  },
];
