// hot path
// PacketIds: the packet identifiers in use in one direction of one session. The next free one is searched from the last
// one taken on, so that an identifier comes back as late as possible [MQTT-2.2.1-3] [MQTT-2.2.1-4] [MQTT3-2.3.1-1]
// [MQTT3-2.3.1-2]. Bounded: 65,535 identifiers exist.
import { IdSet } from './id-set.ts';

const identifierMax = 65_535;

/** Identifiers 1 to 65535, each used once at a time. */
export class PacketIds {
  /** Made when first needed: most sessions never send at QoS 1. */
  #used: IdSet | undefined;
  #last = 0;

  /** How many are in use. */
  get usedCount(): number {
    return this.#used?.size ?? 0;
  }

  /** Takes a free identifier; 0 when none is free. */
  take(): number {
    this.#used ??= new IdSet();
    if (this.#used.size >= identifierMax) return 0;
    let identifier = this.#last;
    do identifier = identifier === identifierMax ? 1 : identifier + 1;
    while (!this.#used.add(identifier));
    this.#last = identifier;
    return identifier;
  }

  /** Takes a certain identifier. Returns whether it was free. */
  takeOne(identifier: number): boolean {
    this.#used ??= new IdSet();
    return this.#used.add(identifier);
  }

  /** Those that are taken from now on follow this one. */
  continueAfter(identifier: number): void {
    this.#last = identifier;
  }

  /**
   * Whether `count` consecutive identifiers (1 to 256) are free: from `certain` on or, where that is 0, behind the
   * last one taken; where the range ends too soon, from 1 on.
   */
  mayTakeRun(count: number, certain = 0): boolean {
    const first = certain || this.#firstOf(count);
    if (this.usedCount === 0) return true;
    for (let identifier = first; identifier < first + count; identifier++) if (this.has(identifier)) return false;
    return true;
  }

  /** Takes `count` consecutive identifiers, which `mayTakeRun` has found. Returns the first. */
  takeRun(count: number, certain = 0): number {
    const first = certain || this.#firstOf(count);
    this.#used ??= new IdSet();
    for (let identifier = first; identifier < first + count; identifier++) this.#used.add(identifier);
    if (certain === 0) this.#last = first + count - 1;
    return first;
  }

  /** Makes an identifier free again [MQTT-2.2.1-6] [MQTT3-2.3.1-4]; one that is free already stays so. */
  give(identifier: number): void {
    this.#used?.delete(identifier);
  }

  /** Makes `count` identifiers from `first` on free again. */
  giveRun(first: number, count: number): void {
    const used = this.#used;
    if (used) for (let identifier = first; identifier < first + count; identifier++) used.delete(identifier);
  }

  /** Whether an identifier is in use. */
  has(identifier: number): boolean {
    return this.#used?.has(identifier) ?? false;
  }

  /** Makes all of them free. */
  clear(): void {
    this.#used = undefined;
  }

  #firstOf(count: number): number {
    return this.#last + count > identifierMax ? 1 : this.#last + 1;
  }
}
