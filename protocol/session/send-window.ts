// hot path
// SendWindow: the QoS 1 and 2 messages sent to the peer that it has not settled, in the order in which they were sent.
// It outlives connections. `open` starts a connection anew: the quota is the peer's own, and what was published before
// is due once more, in the original order, before anything new.
//
//   add -> published --settle (PUBACK, or a failure)--------------> gone
//          published --release (PUBREC)--> released --settle (PUBCOMP)--> gone
//
// A released entry never becomes published again; nothing is due twice on one connection. What was sent as a run stays
// one while acknowledgements are in order, else it becomes entries. Bounded by `sizeMax` besides what is held back.
import type { Qos } from '../wire/protocol-version.ts';
import type { Delivery } from '../wire/publishable.ts';
import { PacketIds } from './packet-ids.ts';
import { goneDelivery, isForgone, type SendEntry, WindowEntry } from './send-entry.ts';
import { type RunParts, SendRun } from './send-run.ts';

/** Identifiers above these are left to SUBSCRIBE and UNSUBSCRIBE, where those of messages are kept. */
const keptIds = 65_000;

/** Outbound flows of one session. */
export class SendWindow {
  /** Shared with SUBSCRIBE and UNSUBSCRIBE of a client, which draw from the same identifiers. */
  readonly ids: PacketIds = new PacketIds();
  /** Identifiers follow from tokens, so that they are the same after a restart. Default false: they go round. */
  areIdsKept = false;
  readonly #sizeMax: number;
  /** In the order in which they were sent, by packet identifier. */
  #entries: Map<number, WindowEntry> | undefined;
  /** In the order in which they were sent; only while a connection is open. */
  #runs: SendRun[] | undefined;
  #runSize = 0;
  #nextOrder = 0;
  #nextReleaseOrder = 0;
  #isOpen = false;
  #quota = 0;
  #qos2Quota = 0;
  #isNarrow = false;
  /** What is not sent on this connection: others may take its place. */
  #aside: Set<SendEntry> | undefined;
  /** What a narrow window has less than the peer allows. */
  #held = 0;
  #qos2Held = 0;
  #due: WindowEntry[] | undefined;
  #dueIndex = 0;

  /** `sizeMax`: messages underway at most, 1 to 65535. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /** Messages underway. */
  get size(): number {
    return (this.#entries?.size ?? 0) + this.#runSize;
  }

  /** Messages underway for which the peer owes a word on this connection. */
  get awaitedCount(): number {
    return this.size - (this.#aside?.size ?? 0);
  }

  /** See `isForgone`. */
  get forgoneCount(): number {
    let count = 0;
    for (const entry of this.#entries?.values() ?? []) if (isForgone(entry)) count++;
    return count;
  }

  /** Whether everything from before this connection was sent again. */
  get isCaughtUp(): boolean {
    return this.#firstDue() === undefined;
  }

  /** What is underway, oldest first. */
  entries(): readonly SendEntry[] {
    this.#takeRunsApart();
    return [...(this.#entries?.values() ?? [])];
  }

  /**
   * A connection begins. `quota`: the peer's receive maximum, 1 to 65535 [MQTT-4.9.0-1]; `qos2Max` bounds the QoS 2
   * messages among them; `isHeldBack`: what is not due now. Returns the released entries, whose PUBREL is due at once,
   * in the order of their PUBREC.
   */
  open(quota: number, qos2Max: number = quota, isHeldBack?: (entry: SendEntry) => boolean): readonly SendEntry[] {
    this.#isOpen = true;
    this.#held = this.#isNarrow ? quota - 1 : 0;
    this.#qos2Held = this.#isNarrow ? qos2Max - 1 : 0;
    this.#quota = quota - this.#held;
    this.#qos2Quota = qos2Max - this.#qos2Held;
    this.#dueIndex = 0;
    this.#aside = isHeldBack && new Set();
    const due: WindowEntry[] = [];
    this.#due = due;
    const released: WindowEntry[] = [];
    for (const entry of this.#entries?.values() ?? []) {
      entry.isCounted = false;
      if (entry.state === 'published') {
        if (isHeldBack?.(entry) === true) this.#aside?.add(entry);
        else due.push(entry);
      } else {
        released.push(entry);
        this.#count(entry);
      }
    }
    if (due.length === 0) this.#due = undefined;
    return released.sort((one, other) => one.releaseOrder - other.releaseOrder); // [MQTT-4.6.0-4] [MQTT3-4.6.0-4]
  }

  /** From the next connection on one message is underway at a time, until `widen`. */
  narrow(): void {
    this.#isNarrow = true;
  }

  /** As many are underway as the peer allows. */
  widen(): void {
    this.#isNarrow = false;
    this.#quota += this.#held;
    this.#qos2Quota += this.#qos2Held;
    this.#held = 0;
    this.#qos2Held = 0;
  }

  /** The connection is over. */
  close(): void {
    this.#takeRunsApart();
    this.#isOpen = false;
    this.#due = undefined;
    this.#aside = undefined;
  }

  /**
   * The next entry from before this connection that is to be sent again [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT3-4.4.0-1]
   * [MQTT3-4.6.0-1], if the quota allows one; each comes once.
   */
  nextDue(): SendEntry | undefined {
    const entry = this.#firstDue();
    if (entry === undefined || !this.#hasRoom(entry.delivery)) return undefined;
    this.#dueIndex++;
    this.#count(entry);
    return entry;
  }

  /** What is due next, whether there is room for it or not. */
  #firstDue(): WindowEntry | undefined {
    const due = this.#due;
    if (due === undefined) return undefined;
    for (; this.#dueIndex < due.length; this.#dueIndex++) {
      const entry = due[this.#dueIndex];
      // it may have been settled in the meantime by a peer that remembered it
      if (entry && this.#entries?.get(entry.packetId) === entry && entry.state !== 'released') return entry;
    }
    return undefined;
  }

  /**
   * Whether a new message may be sent now: nothing older is due, and quota and size allow one. Only PUBLISH is asked
   * about [MQTT-3.3.4-8] [MQTT-3.3.4-10].
   */
  canAdd(delivery: Delivery): boolean {
    return this.#isOpen && this.isCaughtUp && this.awaitedCount < this.#sizeMax && this.#hasRoom(delivery);
  }

  /**
   * Takes a message that is sent now; it stays until it is acknowledged [MQTT-4.3.2-3] [MQTT-4.3.3-3]. Undefined when
   * there is no room or no free packet identifier.
   */
  add(delivery: Delivery, token: number): SendEntry | undefined {
    if (!this.canAdd(delivery)) return undefined;
    const packetId = this.areIdsKept && token > 0 ? this.#takeKept(token) : this.ids.take();
    if (packetId === 0) return undefined;
    const entry = new WindowEntry(packetId, delivery, token, this.#nextOrder++);
    this.#entries ??= new Map();
    this.#entries.set(packetId, entry);
    this.#count(entry);
    return entry;
  }

  /** Takes a message back that an earlier process had sent and released: PUBREL is due at the first connection. */
  restoreReleased(token: number): void {
    this.#restore(this.#takeKept(token), token);
  }

  /** Takes an identifier back whose message is not sent any more. Returns whether it was free, and no other's. */
  restoreMoved(packetId: number): boolean {
    if (!this.ids.takeOne(packetId)) return false;
    this.#restore(packetId, 0);
    return true;
  }

  #restore(packetId: number, token: number, order: number = this.#nextOrder++): void {
    const entry = new WindowEntry(packetId, goneDelivery, token, order);
    entry.state = 'released';
    entry.releaseOrder = this.#nextReleaseOrder++;
    this.#entries ??= new Map();
    this.#entries.set(packetId, entry);
  }

  /** The identifier that follows from a token, and does so again after a restart. */
  keptIdOf(token: number): number {
    return 1 + (token % keptIds);
  }

  /** Takes the identifier that follows from a token; 0 while it is in use. */
  #takeKept(token: number): number {
    const packetId = this.keptIdOf(token);
    return this.ids.takeOne(packetId) ? packetId : 0;
  }

  /** Whether `count` new messages may be sent now, all of them, under consecutive identifiers. `token`: of the first */
  canAddRun(qos: Qos, count: number, token: number): boolean {
    if (!this.#isOpen || !this.isCaughtUp || this.size + count > this.#sizeMax) return false;
    if (this.#quota < count || (qos === 2 && this.#qos2Quota < count)) return false; // [MQTT-3.3.4-9] [MQTT-4.9.0-3]
    const first = this.areIdsKept && token > 0 ? this.keptIdOf(token) : 0;
    return first + count - 1 <= keptIds && this.ids.mayTakeRun(count, first);
  }

  /**
   * Takes messages that are sent now as a run, for which `canAddRun` has found room. Returns the packet identifier of
   * the first; those of the others follow it.
   */
  addRun(parts: RunParts): number {
    const { qos, count, token } = parts;
    const firstId = this.ids.takeRun(count, this.areIdsKept && token > 0 ? this.keptIdOf(token) : 0);
    this.#runs ??= [];
    this.#runs.push(new SendRun(parts, firstId, this.#nextOrder++));
    this.#runSize += count;
    this.#quota -= count;
    if (qos === 2) this.#qos2Quota -= count;
    return firstId;
  }

  /**
   * PUBREC came for `count` messages, from `packetId` on: releases those that are the next of one run. Returns how many
   * of the first ones were.
   */
  releaseNext(packetId: number, count: number): number {
    const run = this.#runOf(packetId);
    if (run?.parts.qos !== 2 || packetId !== run.firstId + run.released) return 0;
    const released = Math.min(count, run.parts.count - run.released);
    run.release(this.#nextReleaseOrder, released);
    this.#nextReleaseOrder += released;
    return released;
  }

  /**
   * PUBACK (`qos` 1) or PUBCOMP (2) came for a message: its run, if it is the next one there, of that QoS, and released
   * if it has to be.
   */
  runToSettle(packetId: number, qos: Qos): SendRun | undefined {
    const run = this.#runOf(packetId);
    if (run?.parts.qos !== qos || packetId !== run.firstId + run.settled) return undefined;
    return qos === 2 && run.settled >= run.released ? undefined : run;
  }

  /** Settles the next messages of a run, `count` of them if there are so many. Returns how many. */
  settleNext(run: SendRun, count: number): number {
    const { qos } = run.parts;
    const settled = Math.min(count, (qos === 2 ? run.released : run.parts.count) - run.settled);
    this.ids.giveRun(run.firstId + run.settled, settled);
    run.settled += settled;
    this.#runSize -= settled;
    this.#quota += settled; // [MQTT-4.9.0-2]
    if (qos === 2) this.#qos2Quota += settled;
    if (run.settled === run.parts.count) {
      this.#runs?.splice(this.#runs.indexOf(run), 1);
      run.end();
    }
    return settled;
  }

  /** What is underway with this packet identifier; if it is in a run, the runs are taken apart. */
  get(packetId: number): SendEntry | undefined {
    if (this.#runOf(packetId) !== undefined) this.#takeRunsApart();
    return this.#entries?.get(packetId);
  }

  /** PUBREC came: the peer owns the message from now on. Undefined for an unknown identifier. */
  release(packetId: number): SendEntry | undefined {
    const entry = this.#entries?.get(packetId);
    if (entry?.state === 'published') {
      entry.state = 'released'; // [MQTT-4.3.3-6] never published again [MQTT3-4.3.3-1]
      entry.releaseOrder = this.#nextReleaseOrder++;
    }
    return entry;
  }

  /** The peer's last word on a message came: it leaves. Undefined for an unknown identifier. */
  settle(packetId: number): SendEntry | undefined {
    const entry = this.#entries?.get(packetId);
    if (entry === undefined) return undefined;
    this.#entries?.delete(packetId);
    this.#aside?.delete(entry);
    this.ids.give(packetId);
    if (entry.isCounted) {
      this.#quota++; // [MQTT-4.9.0-2]
      if (entry.delivery.qos === 2) this.#qos2Quota++;
    }
    return entry;
  }

  /**
   * The owner goes to another peer with what this one does not own: returns everything underway, in order, with its
   * state. What is left here are QoS 2 flows to be finished if this peer is met again: PUBREL is due for all of them,
   * so that it forgets their identifiers; what it did not own has the token 0, nobody's. No connection is open.
   */
  moveAway(): readonly SendEntry[] {
    const underway = [...(this.#entries?.values() ?? [])];
    for (const { packetId, delivery, state, order } of underway) {
      if (delivery.qos < 2) this.settle(packetId);
      else if (state === 'published') this.#restore(packetId, 0, order);
    }
    return underway;
  }

  /** Forgets everything: the session is over. Returns what was underway, in order: the peer owns the released ones. */
  reset(): readonly SendEntry[] {
    const underway = this.entries();
    for (const { packetId } of underway) this.ids.give(packetId);
    this.#entries = undefined;
    this.#due = undefined;
    this.#dueIndex = 0;
    return underway;
  }

  #runOf(packetId: number): SendRun | undefined {
    const runs = this.#runs;
    if (runs === undefined) return undefined;
    for (let index = 0; index < runs.length; index++) if (runs[index]?.has(packetId)) return runs[index];
    return undefined;
  }

  /** Makes entries of all runs, in their places. */
  #takeRunsApart(): void {
    if (this.#runs === undefined) return;
    const all = [...(this.#entries?.values() ?? [])];
    for (const run of this.#runs) {
      run.forEachUnsettled((index, delivery) => {
        const entry = new WindowEntry(run.firstId + index, delivery, run.tokenOf(index), run.order);
        entry.isCounted = true;
        if (index < run.released) {
          entry.state = 'released';
          entry.releaseOrder = run.placeOf(index);
        }
        all.push(entry);
      });
    }
    this.#runs = undefined;
    this.#runSize = 0;
    // entries of one run have the same order and stay as they are: sorting is stable
    all.sort((one, other) => one.order - other.order);
    this.#entries = new Map(all.map((entry) => [entry.packetId, entry]));
  }

  #hasRoom(delivery: Delivery): boolean {
    return this.#quota > 0 && (delivery.qos < 2 || this.#qos2Quota > 0); // [MQTT-3.3.4-9] [MQTT-4.9.0-3]
  }

  #count(entry: WindowEntry): void {
    entry.isCounted = true;
    this.#quota--;
    if (entry.delivery.qos === 2) this.#qos2Quota--;
  }
}
