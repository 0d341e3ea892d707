// Mutants of bridges and clients: what happens while the other side is away, and when it comes back.
import type { Mutant } from './mutant.ts';

/** Planted bugs in bridge and client. */
export const bridgeMutants: readonly Mutant[] = [
  {
    name: 'a message is deleted before it is acknowledged',
    like: 'EMQX Edge: sent is delivered',
    file: 'src/bridge/forwarder.ts',
    text: "if (outcome === 'sent' && made.qos > 0) return undefined;",
    becomes: '',
    seen: /underway and holds|lost/,
  },
  {
    name: 'the cursor stays behind what was underway',
    like: 'disk queues that commit what they have read',
    file: 'src/bridge/send-order.ts',
    text: 'this.#queue.rewind();',
    becomes: '',
    seen: /lost|no rest/,
  },
  {
    name: 'what waits for the remote waits for traffic',
    like: 'NanoMQ: the drain goes on with the next publish',
    file: 'src/bridge/lane.ts',
    text: `this.#owner.connected(this);
    this.#forwarder.pump();`,
    becomes: 'this.#owner.connected(this);',
    seed: 75,
    seen: /no rest/,
  },
  {
    name: 'a window that was full is not looked at again',
    like: 'NanoMQ: one message per resend interval',
    file: 'src/bridge/forwarder.ts',
    text: `this.#departures.arrived(left, reasonCode);
    this.pump();`,
    becomes: 'this.#departures.arrived(left, reasonCode);',
    seen: /no rest/,
  },
  {
    name: 'a message for a remote that is away is dropped',
    like: 'bridges without a queue',
    file: 'src/bridge/forwarder.ts',
    text: 'if (message.qos === 0 && !(rule.isQos0Kept ?? this.#isQos0Queued)) {',
    becomes: 'if (!(rule.isQos0Kept ?? this.#isQos0Queued)) {',
    seen: /lost/,
  },
  {
    name: 'a run is mapped as the one before it',
    like: 'a cache with half a key',
    file: 'src/bridge/mapped-run.ts',
    text: '&& bytes.compare(last, 0, last.length, start, end) === 0) {',
    becomes: ') {',
    seen: /under the topic/,
  },
  {
    name: 'what a bridge brought in goes back',
    like: 'FlashMQ, Mosquitto and others between two bridges',
    file: 'src/bridge/loop-guard.ts',
    text: "return message.origin !== bridge && !message.topic.startsWith('$SYS/');",
    becomes: "return bridge !== undefined && !message.topic.startsWith('$SYS/');",
    seen: /times at QoS|no rest|after number|never comes to an end|under the topic/,
  },
  {
    name: 'a remote that forgot is not asked again',
    like: 'bridges that subscribe once',
    file: 'src/bridge/subscriber.ts',
    text: 'this.#replace(this.#unwanted(), this.#entries(isSessionPresent));',
    becomes: 'if (isSessionPresent) this.#replace(this.#unwanted(), this.#entries(isSessionPresent));',
    seen: /subscriptions are missing|lost/,
  },
  {
    name: 'a bridge gives up after some tries',
    like: 'start_type once',
    file: 'src/link/redial.ts',
    text: 'this.#timer = clock.schedule(delayMs, () => this.#dial());',
    becomes: 'if (delayMs < 1500) this.#timer = clock.schedule(delayMs, () => this.#dial());',
    seen: /no rest/,
  },
  {
    name: 'a client does not ask a server again that forgot',
    like: 'clients that leave it to the application',
    file: 'src/client/client-subscriptions.ts',
    text: 'if (!isSessionPresent) this.#subscribeAgain(pending);',
    becomes: '',
    seen: /subscriptions are missing|lost|no rest/,
  },
  {
    name: 'what a client had underway is forgotten with the session of its server',
    like: 'clients that publish into the void',
    file: 'src/client/client-publisher.ts',
    text: 'this.#queue.putBack(entries);',
    becomes: '',
    seen: /not settled|no rest/,
  },
];
